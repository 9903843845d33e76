// Prints greeting cards with a monogram.
package main

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
)

var verses = map[string]string{
	"birthday": "Many happy returns, ",
	"thanks":   "Thank you so much, ",
	"wedding":  "All the best to both of you, ",
}

type invocation struct {
	Data struct {
		Req struct {
			Body string
		} `json:"req"`
	}
}

type card struct {
	Name     string `json:"name"`
	Occasion string `json:"occasion"`
}

func reply(status int, content any) map[string]any {
	body, _ := json.Marshal(content)
	headers := map[string]string{"Content-Type": "application/json"}
	res := map[string]any{"statusCode": status, "headers": headers, "body": string(body)}
	return map[string]any{"Outputs": map[string]any{"res": res}}
}

// monogram is the first letter of each part of the name, three at most.
func monogram(name string) string {
	var letters []string
	for _, part := range strings.Split(name, " ") {
		first := []rune(part)[0]
		letters = append(letters, strings.ToUpper(string(first)))
	}
	if len(letters) > 3 {
		letters = letters[:3]
	}
	return strings.Join(letters, "")
}

func print(in invocation) map[string]any {
	var wanted card
	if json.Unmarshal([]byte(in.Data.Req.Body), &wanted) != nil {
		return reply(http.StatusBadRequest, map[string]string{"error": "the body is a card in JSON"})
	}
	if wanted.Occasion == "" {
		wanted.Occasion = "thanks"
	}
	verse, known := verses[wanted.Occasion]
	if !known {
		return reply(http.StatusNotFound, map[string]string{"error": "no verse for that occasion"})
	}
	if len(wanted.Name) > 200 {
		return reply(http.StatusBadRequest, map[string]string{"error": "the name is too long"})
	}
	text := verse + wanted.Name + "!"
	return reply(http.StatusOK, map[string]string{"text": text, "monogram": monogram(wanted.Name)})
}

func serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the caller went away
	}
	var in invocation
	if json.Unmarshal(body, &in) != nil {
		log.Println("the invocation cannot be read")
	}
	result := print(in)
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(result)
}

func main() {
	http.HandleFunc("POST /card", serve)
	http.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "ready\n") })
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("FUNCTIONS_CUSTOMHANDLER_PORT"), nil))
}
