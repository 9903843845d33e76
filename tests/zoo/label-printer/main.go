// Turns packed parcels into jobs for the label printer of the warehouse.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"regexp"
	"strings"
	"unicode/utf8"
)

// The printer has room for 35 characters in a line and for four lines of address.
const (
	lineWidth = 35
	lineCount = 4
)

var (
	parcelNumber = regexp.MustCompile(`^[A-Z]{2}[0-9]{6,12}$`)
	// depots are the sorting centres by country.
	depots = map[string]string{"AT": "VIE", "BE": "LGG", "DE": "LEJ", "FR": "CDG", "NL": "AMS"}
)

type invocation struct {
	Data map[string]json.RawMessage
}

type result struct {
	Outputs map[string]string
	Logs    []string
}

type parcel struct {
	Number string   `json:"parcel"`
	Name   string   `json:"name"`
	Lines  []string `json:"lines"`
	Land   string   `json:"country"`
	Grams  int      `json:"grams"`
}

// service is the product that a weight is sent with.
func service(grams int) (string, error) {
	switch {
	case grams < 1 || grams > 31500:
		return "", errors.New("the weight is from 1 to 31500 grams")
	case grams <= 1000:
		return "SMALL", nil
	case grams <= 10000:
		return "PLUS", nil
	}
	return "HEAVY", nil
}

func fits(text string) bool {
	return strings.TrimSpace(text) != "" && utf8.RuneCountInString(text) <= lineWidth
}

// label is the job for the printer: what it prints in large letters, and the address as it came.
func label(p parcel) (string, error) {
	if !parcelNumber.MatchString(p.Number) {
		return "", errors.New("no parcel number")
	}
	depot, known := depots[p.Land]
	if !known {
		return "", errors.New("we do not send to this country")
	}
	product, err := service(p.Grams)
	if err != nil {
		return "", err
	}
	if !fits(p.Name) || len(p.Lines) < 1 || len(p.Lines) > lineCount {
		return "", errors.New("an address has a name and one to four lines")
	}
	address := []string{fmt.Sprintf("%q", p.Name)}
	for _, line := range p.Lines {
		if !fits(line) {
			return "", errors.New("a line of the address is empty or too long")
		}
		address = append(address, fmt.Sprintf("%q", line))
	}
	return fmt.Sprintf(`{"parcel":%q,"depot":%q,"product":%q,"address":[%s]}`,
		p.Number, depot, product, strings.Join(address, ",")), nil
}

// read takes the message out of its wrapping: the host sends JSON text in a JSON string.
func read(data json.RawMessage) (p parcel, err error) {
	var wrapped, message string
	if json.Unmarshal(data, &wrapped) != nil || json.Unmarshal([]byte(wrapped), &message) != nil ||
		json.Unmarshal([]byte(message), &p) != nil {
		return p, errors.New("the message is no parcel")
	}
	return p, nil
}

func printLabel(call invocation) result {
	p, err := read(call.Data["parcel"])
	job := ""
	if err == nil {
		job, err = label(p)
	}
	if err != nil {
		refusal, _ := json.Marshal(map[string]string{"refused": err.Error()})
		return result{map[string]string{"printer": string(refusal)}, []string{"refused a parcel: " + err.Error()}}
	}
	return result{map[string]string{"printer": job}, []string{"label for " + p.Number}}
}

func main() {
	http.HandleFunc("/print-label", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the caller went away
		}
		var call invocation
		_ = json.Unmarshal(body, &call) // what is no invocation holds no parcel
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(printLabel(call))
	})
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path != "/" {
			w.WriteHeader(http.StatusNotFound)
		}
		fmt.Fprintln(w, `{"service":"labels"}`)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("FUNCTIONS_CUSTOMHANDLER_PORT"), nil))
}
