// Answers every event with its length, its SHA-256 digest and whether it is JSON.
package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
)

type digest struct {
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
	JSON   bool   `json:"json"`
}

func invoke(w http.ResponseWriter, r *http.Request) {
	id := r.Header.Get("x-fc-request-id")
	fmt.Println("FC Invoke Start RequestId: " + id)
	defer fmt.Println("FC Invoke End RequestId: " + id)
	event, err := io.ReadAll(r.Body)
	if err != nil {
		return // the caller went away
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("x-fc-status", "200")
	_ = json.NewEncoder(w).Encode(digest{len(event), fmt.Sprintf("%x", sha256.Sum256(event)), json.Valid(event)})
}

func port() string {
	for _, name := range []string{"FC_SERVER_PORT", "FC_CUSTOM_LISTEN_PORT"} {
		if value := os.Getenv(name); value != "" {
			return value
		}
	}
	return "9000"
}

func main() {
	http.HandleFunc("POST /invoke", invoke)
	http.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "ready") })
	// A Go server has no idle time-out unless one is set, which is what Function Compute needs.
	log.Fatal(http.ListenAndServe("0.0.0.0:"+port(), nil))
}
