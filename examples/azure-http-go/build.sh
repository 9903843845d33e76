#!/bin/sh
# Builds the executable that host.json names.
set -e
cd "$(dirname "$0")"
CGO_ENABLED=0 go build -o handler .
