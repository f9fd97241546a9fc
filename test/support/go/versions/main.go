// Versions tells how Go orders versions: a JSON list of names such as "go1.22.5" on stdin; on stdout, for each,
// its rank (equal versions share one), its language version, and whether it is valid.
package main

import (
	"encoding/json"
	"go/version"
	"log"
	"os"
	"slices"
)

type answer struct {
	Rank  int    `json:"rank"`
	Lang  string `json:"lang"`
	Valid bool   `json:"valid"`
}

func main() {
	var names []string
	if err := json.NewDecoder(os.Stdin).Decode(&names); err != nil {
		log.Fatal(err)
	}
	order := make([]int, len(names))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return version.Compare(names[a], names[b]) })
	answers := make([]answer, len(names))
	rank := 0
	for i, at := range order {
		if i > 0 && version.Compare(names[order[i-1]], names[at]) != 0 {
			rank++
		}
		answers[at] = answer{rank, version.Lang(names[at]), version.IsValid(names[at])}
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		log.Fatal(err)
	}
}
