// Quotes postage over HTTP and writes a report every night.
package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
)

// centsPerKilo is the postage by country.
var centsPerKilo = map[string]int{"de": 450, "fr": 620, "jp": 1490}

type invocation struct {
	Data     map[string]json.RawMessage
	Metadata map[string]json.RawMessage
}

type result struct {
	Outputs     map[string]any
	Logs        []string
	ReturnValue any
}

type httpRequest struct {
	Method  string
	Query   json.RawMessage
	Headers map[string][]string
	Params  map[string]string
	Body    string
}

// body is the text of the body; the host sends two kinds of media types as base64.
func (r httpRequest) body() []byte {
	for name, values := range r.Headers {
		kind := strings.ToLower(strings.Join(values, ","))
		binary := strings.HasPrefix(kind, "application/octet-stream") || strings.Contains(kind, "multipart/")
		if strings.EqualFold(name, "Content-Type") && binary {
			content, _ := base64.StdEncoding.DecodeString(r.Body)
			return content
		}
	}
	return []byte(r.Body)
}

// grams is the weight in the query or in the body; an empty reason means that it is good.
func (r httpRequest) grams() (grams int, reason string) {
	if r.Method == http.MethodPost {
		var parcel struct{ Grams int }
		if json.Unmarshal(r.body(), &parcel) != nil {
			return 0, "the body is JSON with grams, a number"
		}
		grams = parcel.Grams
	} else {
		var query map[string]string
		_ = json.Unmarshal(r.Query, &query)
		grams, _ = strconv.Atoi(query["grams"])
	}
	if grams < 1 || grams > 30000 {
		return 0, "grams is a number from 1 to 30000"
	}
	return grams, ""
}

func quote(in invocation) result {
	var request httpRequest
	_ = json.Unmarshal(in.Data["req"], &request)
	grams, reason := request.grams()
	rate, known := centsPerKilo[strings.ToLower(request.Params["country"])]
	switch {
	case !known:
		return reply(http.StatusNotFound, map[string]any{"error": "no post to that country"})
	case reason != "":
		return reply(http.StatusBadRequest, map[string]any{"error": reason})
	}
	return reply(http.StatusOK, map[string]any{"grams": grams, "cents": (grams*rate + 999) / 1000})
}

func reply(status int, content any) result {
	body, _ := json.Marshal(content)
	headers := map[string]string{"Content-Type": "application/json"}
	return result{Outputs: map[string]any{"res": map[string]any{"statusCode": status, "headers": headers, "body": string(body)}}}
}

// nightly returns the report; the $return binding of function.json makes a blob of it.
func nightly(in invocation) result {
	var timer struct {
		IsPastDue      bool
		ScheduleStatus *struct{ Last string } // null when the schedule is not monitored
	}
	_ = json.Unmarshal(in.Data["timer"], &timer)
	last := "unknown"
	if timer.ScheduleStatus != nil {
		last = timer.ScheduleStatus.Last
	}
	report := fmt.Sprintf("report: countries %d, late %t, last run %s\n", len(centsPerKilo), timer.IsPastDue, last)
	return result{ReturnValue: report, Logs: []string{"report written"}}
}

func serve(function func(invocation) result) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the caller went away
		}
		var in invocation
		if json.Unmarshal(body, &in) != nil {
			fmt.Println("the invocation cannot be read")
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(function(in))
	}
}

func main() {
	http.HandleFunc("POST /quote", serve(quote))
	http.HandleFunc("POST /nightly", serve(nightly))
	http.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "ready") })
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("FUNCTIONS_CUSTOMHANDLER_PORT"), nil))
}
