// Asks golang.org/x/mod/sumdb for its verdict on one case after another.
// Cases and answers are JSON values on stdin; questions and verdicts are JSON lines on stdout.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"sync"

	"golang.org/x/mod/sumdb"
)

type testCase struct {
	Key, Path, Version string
	Seen               []byte
}

type answer struct {
	Data    []byte
	Missing bool
}

type verdict struct {
	Done     bool
	Accepted bool
	Lines    []string
	Error    string
	Security bool
	Latest   []byte
}

type wire struct {
	mu  sync.Mutex
	in  *json.Decoder
	out *bufio.Writer
}

func (w *wire) send(value any) {
	line, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	w.out.Write(append(line, '\n'))
	w.out.Flush()
}

func (w *wire) ask(path string) ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.send(map[string]string{"Ask": strings.TrimPrefix(path, "/")})
	var got answer
	if err := w.in.Decode(&got); err != nil {
		panic(err)
	}
	if got.Missing {
		return nil, errors.New("missing " + path)
	}
	return got.Data, nil
}

type ops struct {
	*wire
	key      string
	latest   []byte
	security bool
}

func (o *ops) ReadRemote(path string) ([]byte, error) { return o.ask(path) }

func (o *ops) ReadConfig(file string) ([]byte, error) {
	if file == "key" {
		return []byte(o.key), nil
	}
	return o.latest, nil
}

func (o *ops) WriteConfig(file string, old, new []byte) error {
	o.latest = new
	return nil
}

func (o *ops) ReadCache(file string) ([]byte, error) { return nil, os.ErrNotExist }
func (o *ops) WriteCache(file string, data []byte)   {}
func (o *ops) Log(msg string)                        {}
func (o *ops) SecurityError(msg string)              { o.security = true }

func (w *wire) judge(c testCase) (v verdict) {
	o := &ops{wire: w, key: c.Key, latest: c.Seen}
	v.Done = true
	lines, err := sumdb.NewClient(o).Lookup(c.Path, c.Version)
	v.Lines, v.Security, v.Latest = lines, o.security, o.latest
	if err != nil {
		v.Error = err.Error()
		return v
	}
	// As cmd/go's checkSumDB: an answer without the module's own line vouches for nothing.
	for _, line := range lines {
		if strings.HasPrefix(line, c.Path+" "+c.Version+" h1:") {
			v.Accepted = true
			return v
		}
	}
	v.Error = "checksum missing from sumdb response"
	return v
}

func main() {
	w := &wire{in: json.NewDecoder(bufio.NewReader(os.Stdin)), out: bufio.NewWriter(os.Stdout)}
	for {
		var c testCase
		if err := w.in.Decode(&c); err != nil {
			return
		}
		w.send(w.judge(c))
	}
}
