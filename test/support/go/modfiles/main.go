// Modfiles tells how Go reads go.mod and go.work files: a JSON list of {"work": bool, "text": string} on stdin;
// on stdout, for each, what golang.org/x/mod/modfile made of it.
package main

import (
	"encoding/json"
	"log"
	"os"
	"strings"

	"golang.org/x/mod/modfile"
)

type question struct {
	Work bool   `json:"work"`
	Text string `json:"text"`
}

type directive struct {
	Verb string   `json:"verb"`
	Args []string `json:"args"`
	Line int      `json:"line"`
}

type answer struct {
	// Parses says whether the file is one at all: ParseLax, which passes over what it doesn't know.
	Parses bool   `json:"parses"`
	Error  string `json:"error"`
	// Directives are the go and toolchain lines outside blocks, first of each, as they are written.
	// ParseLax itself leaves the toolchain line to the main module, so they are taken from its syntax tree.
	Directives []directive `json:"directives"`
	// Strict says whether Parse or ParseWork accepts it too; then Go and Toolchain are what they read.
	Strict    bool   `json:"strict"`
	Go        string `json:"go"`
	Toolchain string `json:"toolchain"`
}

func main() {
	var questions []question
	if err := json.NewDecoder(os.Stdin).Decode(&questions); err != nil {
		log.Fatal(err)
	}
	answers := make([]answer, len(questions))
	for i, each := range questions {
		answers[i] = read(each)
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		log.Fatal(err)
	}
}

func read(q question) answer {
	a := answer{Directives: []directive{}}
	file, err := modfile.ParseLax("file", []byte(q.Text), nil)
	if err != nil {
		a.Error = err.Error()
		return a
	}
	a.Parses = true
	a.Directives = directives(q.Text, file.Syntax)
	if q.Work {
		if work, err := modfile.ParseWork("go.work", []byte(q.Text), nil); err == nil {
			a.strictly(work.Go, work.Toolchain)
		}
	} else if mod, err := modfile.Parse("go.mod", []byte(q.Text), nil); err == nil {
		a.strictly(mod.Go, mod.Toolchain)
	}
	return a
}

func (a *answer) strictly(goLine *modfile.Go, toolchain *modfile.Toolchain) {
	a.Strict = true
	if goLine != nil {
		a.Go = goLine.Version
	}
	if toolchain != nil {
		a.Toolchain = toolchain.Name
	}
}

// ParseLax mends a go line such as "go v1.22" in place, so the words are taken from the text.
func directives(text string, syntax *modfile.FileSyntax) []directive {
	found := []directive{}
	seen := map[string]bool{}
	for _, statement := range syntax.Stmt {
		line, ok := statement.(*modfile.Line)
		if !ok {
			continue
		}
		verb := line.Token[0]
		if (verb != "go" && verb != "toolchain") || seen[verb] {
			continue
		}
		seen[verb] = true
		args := line.Token[1:]
		if verb == "go" {
			args = strings.Fields(text[line.Start.Byte:line.End.Byte])[1:]
		}
		found = append(found, directive{verb, args, line.Start.Line})
	}
	return found
}
