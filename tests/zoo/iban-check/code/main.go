// Checks account numbers: GET /iban/DE89370400440532013000, POST /ibans {"ibans": ["..."]}
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
)

const largest = 1 << 20

var lengths = map[string]int{"AT": 20, "BE": 16, "CH": 21, "DE": 22, "FR": 27, "NL": 18}

type result struct {
	IBAN   string `json:"iban"`
	Valid  bool   `json:"valid"`
	Reason string `json:"reason,omitempty"`
}

// checksum is the number modulo 97, with letters as two digits; ok is false for any other character.
func checksum(text string) (sum int, ok bool) {
	for _, c := range []byte(text) {
		switch {
		case c >= '0' && c <= '9':
			sum = (sum*10 + int(c-'0')) % 97
		case c >= 'A' && c <= 'Z':
			sum = (sum*100 + int(c-'A') + 10) % 97
		default:
			return 0, false
		}
	}
	return sum, true
}

func check(text string) result {
	iban := strings.ToUpper(strings.Join(strings.Fields(text), ""))
	if len(iban) > 34 {
		return result{Reason: "too long"}
	}
	if len(iban) < 5 {
		return result{IBAN: iban, Reason: "too short"}
	}
	if wanted, known := lengths[iban[:2]]; known && wanted != len(iban) {
		return result{IBAN: iban, Reason: "wrong length"}
	}
	sum, ok := checksum(iban[4:] + iban[:4])
	if !ok {
		return result{IBAN: iban, Reason: "wrong character"}
	}
	if sum != 1 {
		return result{IBAN: iban, Reason: "wrong checksum"}
	}
	return result{IBAN: iban, Valid: true}
}

func answer(w http.ResponseWriter, status int, content any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(content)
}

func many(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the caller went away
	}
	var wanted struct {
		IBANs []string `json:"ibans"`
	}
	if len(body) > largest || json.Unmarshal(body, &wanted) != nil {
		answer(w, http.StatusBadRequest, map[string]string{"error": "ibans is a list of texts"})
		return
	}
	results := make([]result, 0, len(wanted.IBANs))
	for _, text := range wanted.IBANs {
		results = append(results, check(text))
	}
	answer(w, http.StatusOK, map[string]any{"results": results})
}

func logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get("x-fc-request-id")
		fmt.Println("FC Invoke Start RequestId: " + id)
		defer fmt.Println("FC Invoke End RequestId: " + id)
		next.ServeHTTP(w, r)
	})
}

func main() {
	port := os.Getenv("FC_SERVER_PORT")
	if port == "" {
		port = "9000"
	}
	routes := http.NewServeMux()
	routes.HandleFunc("GET /iban/{iban}", func(w http.ResponseWriter, r *http.Request) { answer(w, http.StatusOK, check(r.PathValue("iban"))) })
	routes.HandleFunc("POST /ibans", many)
	log.Fatal(http.ListenAndServe("0.0.0.0:"+port, logged(routes)))
}
