// Command agree holds a ledger against the bank, as a trial of whole machines needs it: the bank's file is the truth about
// money, and the ledger may neither contradict it nor miss any of it. It must never take the ledger's word for
// what was charged.
//
//	sportello payments --json | agree -bank FILE
//
// It prints how the newest payment of each notice stands. Exit status: 0 they agree · 1 they do not · 3 some payment is not at rest yet. Unknown is at rest when it is
// listed for people.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
)

// decision is a line of the bank's file (docs/simulatore.md).
type decision struct {
	Kind      string `json:"kind"`
	Approved  bool   `json:"approved"`
	STAN      string `json:"stan"`
	Reference string `json:"reference"`
	Reverses  string `json:"reverses"`
}

// payment is one of the ledger's (docs/integratore.md).
type payment struct {
	ID          string `json:"id"`
	Reference   string `json:"reference"`
	State       string `json:"state"`
	NeedsPeople bool   `json:"needs_people"`
	Notices     []struct {
		Number       string `json:"number"`
		Registration string `json:"registration"`
	} `json:"notices"`
}

func main() {
	bank := flag.String("bank", "", "the bank's file")
	flag.Parse()
	code, err := run(*bank, os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, "agree:", err)
		code = 1
	}
	os.Exit(code)
}

func run(bank string, in io.Reader) (int, error) {
	charged, err := charges(bank)
	if err != nil {
		return 1, err
	}
	var list []payment
	if err := json.NewDecoder(in).Decode(&list); err != nil {
		return 1, fmt.Errorf("the ledger's payments: %w", err)
	}
	return compare(charged, list), nil
}

// charges counts by reference what stands at the bank: approved and not given back.
func charges(file string) (map[string]int, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	standing, of := map[string]int{}, map[string]string{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var d decision
		if err := json.Unmarshal(lines.Bytes(), &d); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		switch {
		case !d.Approved:
		case d.Kind == "payment":
			reference := strings.TrimSpace(d.Reference)
			of[d.STAN] = reference
			standing[reference]++
		case d.Kind == "reversal":
			standing[of[d.Reverses]]--
		}
	}
	return standing, lines.Err()
}

func compare(bank map[string]int, ledger []payment) int {
	code := 0
	wrong := func(format string, a ...any) {
		fmt.Printf(format+"\n", a...)
		code = 1
	}
	known, notices, states, newest, busy := map[string]bool{}, map[string]int{}, map[string]int{}, map[string]string{}, ""
	for _, p := range ledger { // newest first
		stands := 0
		if p.Reference != "" {
			known[p.Reference] = true
			stands = bank[p.Reference]
		}
		states[p.State]++
		for _, n := range p.Notices {
			notices[n.Number] += stands
			if newest[n.Number] == "" {
				newest[n.Number] = p.State
			}
			if p.State == "charged" && n.Registration != "registered" {
				busy = p.ID
			}
		}
		switch {
		case p.State == "charged" && stands != 1, p.State == "not_charged" && stands != 0, p.State == "reversed" && stands != 0:
			wrong("payment %s (%s) is %s, at the bank it stands %d times", p.ID, p.Reference, p.State, stands)
		case p.State == "unknown" && p.NeedsPeople:
		case p.State != "charged" && p.State != "not_charged" && p.State != "reversed":
			busy = p.ID
		}
	}
	for reference, n := range bank {
		if n != 0 && !known[reference] {
			wrong("the bank charged %q %d times, the ledger knows nothing of it", reference, n)
		}
	}
	for number, n := range notices {
		if n > 1 {
			wrong("notice %s was charged %d times", number, n)
		}
	}
	if code == 0 && busy != "" {
		fmt.Printf("payment %s is not at rest\n", busy)
		return 3
	}
	for _, number := range slices.Sorted(maps.Keys(newest)) {
		fmt.Printf("notice %s %s\n", number, newest[number])
	}
	fmt.Printf("%d payments at the ledger %v, %d at the bank\n", len(ledger), states, len(bank))
	return code
}
