#!/bin/sh
# Builds the executable that s.yaml names. The platform runs x86-64 Linux: set GOOS=linux GOARCH=amd64 elsewhere.
set -e
cd "$(dirname "$0")/code"
CGO_ENABLED=0 go build -o handler .
