// The oracle renders templates with Go's own text/template, for comparison with Hitless.
//
// It reads a request as JSON from standard input and writes the results as JSON. With -bench it renders
// each case again and again instead, and writes how long that took.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"text/template"
	"time"
)

// request holds texts as bytes, which are base64 in JSON: not all are UTF-8.
type request struct {
	Keys  []map[string]string `json:"keys"`
	Cases []struct {
		Template []byte `json:"template"`
		Keys     int    `json:"keys"` // index of the set of keys
	} `json:"cases"`
}

type result struct {
	Output       []byte  `json:"output"`
	Error        string  `json:"error,omitempty"`
	Milliseconds float64 `json:"milliseconds,omitempty"` // with -bench: the best time of one execution
}

func render(parsed *template.Template) ([]byte, error) {
	var output bytes.Buffer
	err := parsed.Execute(&output, nil)
	return output.Bytes(), err
}

func run(text string, s store) result {
	parsed, err := template.New("t").Funcs(functions(s)).Parse(text)
	if err != nil {
		return result{Error: err.Error()}
	}
	output, err := render(parsed)
	if err != nil {
		return result{Error: err.Error()}
	}
	return result{Output: output}
}

// bench executes a template for about the given time.
func bench(text string, s store, limit time.Duration) result {
	parsed, err := template.New("t").Funcs(functions(s)).Parse(text)
	if err != nil {
		return result{Error: err.Error()}
	}
	var output []byte
	best := time.Duration(-1)
	for begin := time.Now(); best < 0 || time.Since(begin) < limit; {
		start := time.Now()
		output, err = render(parsed)
		if err != nil {
			return result{Error: err.Error()}
		}
		if took := time.Since(start); best < 0 || took < best {
			best = took
		}
	}
	return result{Output: output, Milliseconds: float64(best.Nanoseconds()) / 1e6}
}

func main() {
	benches := flag.Bool("bench", false, "measure instead of rendering once")
	kind := flag.String("store", "sorted", "how keys are found: 'sorted', or 'scan' as confd 0.16 does")
	limit := flag.Duration("for", time.Second, "with -bench: how long to execute each template")
	flag.Parse()

	var asked request
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		fmt.Fprintln(os.Stderr, "the request on standard input is no JSON:", err)
		os.Exit(1)
	}
	stores := []store{}
	for _, keys := range asked.Keys {
		if *kind == "scan" {
			stores = append(stores, scanningStore(keys))
		} else {
			stores = append(stores, newSortedStore(keys))
		}
	}
	results := []result{}
	for _, c := range asked.Cases {
		if *benches {
			results = append(results, bench(string(c.Template), stores[c.Keys], *limit))
		} else {
			results = append(results, run(string(c.Template), stores[c.Keys]))
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(results); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
