package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing wrong in a file and how to mend it. Reason and Remedy are Italian.
type Problem struct {
	File    string
	Line    int    // 0: the file as a whole
	Key     string // e.g. terminals[0].lrc; empty: the file as a whole
	Reason  string
	Remedy  string
	Warning bool // doubtful, but allowed
}

// String is the problem on two lines: what is wrong where, and what to do.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
	}
	b.WriteString(": ")
	if p.Warning {
		b.WriteString("attenzione: ")
	}
	if p.Key != "" {
		b.WriteString(p.Key + ": ")
	}
	b.WriteString(p.Reason)
	if p.Remedy != "" {
		b.WriteString("\n    rimedio: " + p.Remedy)
	}
	return b.String()
}

// InvalidError is a file that cannot be used, with every reason.
type InvalidError struct {
	Path     string
	Problems []Problem
}

func (e *InvalidError) Error() string {
	lines := make([]string, 0, len(e.Problems))
	for _, p := range e.Problems {
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}

// sort puts the problems in the order of the lines; those of other files follow.
func (r *reader) sort() {
	slices.SortStableFunc(r.problems, func(a, b Problem) int {
		return cmp.Or(strings.Compare(r.other(a), r.other(b)), cmp.Compare(a.Line, b.Line))
	})
}

func (r *reader) other(p Problem) string {
	if p.File == r.file {
		return ""
	}
	return p.File
}

// nearest is the known word that name was most likely meant to be, or "".
func nearest(name string, known []string) string {
	best, word := 3, "" // at most two letters away
	for _, k := range known {
		d := distance(strings.ToLower(name), k)
		if d < best && d < len(k) {
			best, word = d, k
		}
	}
	return word
}

// distance counts the letters to insert, drop or change to make b of a.
func distance(a, b string) int {
	if len(a) > len(b)+2 || len(b) > len(a)+2 {
		return 3
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
