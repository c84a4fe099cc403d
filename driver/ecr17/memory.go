package ecr17

import (
	"bytes"
	"slices"
)

// Where there is one line only (serial, or a terminal that serves one client) G is asked on the attempt's own.
// Its answer looks like the payment's result and is the terminal's memory, which others fill, too: a refusal typed
// by hand behind our approved sale is not ours. A terminal repeats what we did not confirm, and may answer late or
// without an ACK (ECR17 1.6), so the rule is by the line: what it has told as its memory never counts as its word,
// and while an answer is owed no result does. Nothing is lost by it: G tells the same again, and Judge reads it as
// what it is.

// memory is what was asked and told of the terminal's memory on an attempt's line.
type memory struct {
	owed int      // questions without an answer
	told [][]byte // answers
}

// asked notes a question that went out; refused, that the terminal does not answer it.
func (m *memory) asked()   { m.owed++ }
func (m *memory) refused() { m.owed = max(m.owed-1, 0) }

// tells notes an answer.
func (m *memory) tells(raw []byte) {
	m.owed = max(m.owed-1, 0)
	if !m.holds(raw) && len(m.told) < mostPast {
		m.told = append(m.told, raw)
	}
}

func (m *memory) holds(raw []byte) bool {
	return slices.ContainsFunc(m.told, func(t []byte) bool { return bytes.Equal(t, raw) })
}
