package simulator

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the list of cases into docs/simulatore.md")

const (
	manual     = "../../docs/simulatore.md"
	casesBegin = "<!-- casi -->\n"
	casesEnd   = "<!-- fine dei casi -->\n"
)

// everyKind are the kinds of lines of the bank file.
const everyKind = string(KindPayment + " " + KindReversal + " " + KindManual + " " + KindLocal + " " + KindClose + " " +
	KindPreauth + " " + KindIncrement + " " + KindClosure + " " + KindVerification + " " + KindVASPayment + " " +
	KindVASRefund + " " + KindSaved + " " + KindService + " " + KindAdjust + " " + KindVASClose + " " + KindReplaced)

// casesTable is the list of cases as the manual has it.
func casesTable() string {
	var b strings.Builder
	b.WriteString("| Caso | Dove | Che cosa succede | Guasti | Che cosa serve, o chi la fa |\n|---|---|---|---|---|\n")
	for _, row := range caseTable {
		var faults []string
		for _, r := range row.rules {
			on := r.On
			if on == "" {
				on = row.on
			}
			word := ""
			if r.After != "" {
				word = "poi "
			}
			faults = append(faults, fmt.Sprintf("%s%s: `%s`", word, strings.ReplaceAll(on, "*", "\\*"), r.Fault))
		}
		note := row.Needs
		if row.Why != "" {
			note = "fuori dal terminale: " + row.Why
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", row.ID, row.Where, row.What, strings.Join(faults, ", "), note)
	}
	return b.String()
}

// The manual has every fault with its fields, and the list of cases as it is.
func TestManual(t *testing.T) {
	text, err := os.ReadFile(manual)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), casesBegin)
	list, after, ok2 := strings.Cut(rest, casesEnd)
	if !ok || !ok2 {
		t.Fatal("the manual has no place for the cases")
	}
	if *update {
		if err := os.WriteFile(manual, []byte(before+casesBegin+casesTable()+casesEnd+after), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if list != casesTable() {
		t.Error("the list of cases is not that of the code: go test ./driver/simulator -run TestManual -update")
	}
	for key := range panelKeys {
		if !strings.Contains(before, "`"+key+"`") {
			t.Errorf("key %s is not in the manual", key)
		}
	}
	for kind := range strings.FieldsSeq(everyKind) {
		if !strings.Contains(before, "`"+kind+"`") {
			t.Errorf("kind %s is not in the manual", kind)
		}
	}
	rows := map[string]string{}
	_, faults, _ := strings.Cut(before, "## Il copione dei guasti\n")
	for line := range strings.Lines(faults) {
		if name, ok := strings.CutPrefix(line, "| `"); ok {
			name, _, _ = strings.Cut(name, "`")
			if _, twice := rows[name]; twice && name != "fault" {
				t.Errorf("%s twice", name)
			}
			rows[name] = line
		}
	}
	for name, spec := range faultSpecs {
		row, ok := rows[string(name)]
		if !ok {
			t.Errorf("no row for %s", name)
		}
		for _, field := range strings.Fields(spec.fields) {
			if !strings.Contains(row, "`"+field+"`") {
				t.Errorf("%s takes %s: %q", name, field, row)
			}
		}
	}
}
