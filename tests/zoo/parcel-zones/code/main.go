// Chooses the tariff of a parcel: {"country": "de", "weight": "2.5"}
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
)

type parcel struct {
	Country string `json:"country"`
	Weight  string `json:"weight"`
}

type tariff struct {
	Zone  int     `json:"zone"`
	Cents int     `json:"cents"`
	Kilos float64 `json:"kilos"`
}

var zones = map[string]int{"de": 1, "at": 2, "ch": 3, "fr": 2, "nl": 2}

var errUnknown = errors.New("no such country")

func kilos(text string) float64 {
	value, err := strconv.ParseFloat(strings.Replace(strings.TrimSpace(text), ",", ".", 1), 32)
	if err != nil {
		log.Fatalf("weight: %v", err)
	}
	return value
}

func choose(p parcel) (tariff, error) {
	zone, known := zones[strings.ToLower(p.Country)]
	if !known {
		return tariff{}, errUnknown
	}
	if p.Weight == "" {
		return tariff{}, errors.New("weight is missing")
	}
	weight := kilos(p.Weight)
	if !(weight > 0 && weight <= 31.5) {
		return tariff{}, errors.New("weight is out of range")
	}
	return tariff{Zone: zone, Cents: 490*zone + int(weight)*120, Kilos: weight}, nil
}

func handle(event []byte) (tariff, error) {
	var p parcel
	if err := json.Unmarshal(event, &p); err != nil {
		return tariff{}, errors.New("the message is no parcel")
	}
	return choose(p)
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
	found, err := handle(event)
	if err != nil {
		w.Header().Set("x-fc-status", "404")
		w.WriteHeader(http.StatusNotFound)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": err.Error()})
		return
	}
	w.Header().Set("x-fc-status", "200")
	_ = json.NewEncoder(w).Encode(found)
}

func main() {
	port := os.Getenv("FC_SERVER_PORT")
	if port == "" {
		port = "9000"
	}
	http.HandleFunc("POST /invoke", invoke)
	log.Fatal(http.ListenAndServe("0.0.0.0:"+port, nil))
}
