package report

import (
	"fmt"
	"strconv"
	"time"

	"sportello/cmd/sportello/internal/paper"
	"sportello/protocol/local"
)

// PDF is a day report on A4.
func PDF(r local.DayReport, language string) ([]byte, error) {
	w, lang := wordsOf(language), local.Language(language)
	day := r.Day
	if t, err := time.Parse(time.DateOnly, r.Day); err == nil {
		day = t.Format("02/01/2006")
	}
	s := paper.NewSheet(paper.Head{Title: w.title + " " + day, Language: language, Author: soleCreditor(r), At: r.MadeAt,
		Footer: r.Installation + " · " + day + " · " + short(r.LedgerHead)})
	receipts := r.FirstReceipt
	if r.LastReceipt != r.FirstReceipt {
		receipts += " – " + r.LastReceipt
	}
	s.Facts(paper.Fact{Label: w.installation, Value: r.Installation}, paper.Fact{Label: w.madeAt, Value: r.MadeAt.In(paper.Rome).Format("02/01/2006 15:04:05")},
		paper.Fact{Label: w.receipts, Value: receipts}, paper.Fact{Label: w.entries, Value: strconv.FormatUint(r.Entries, 10)},
		paper.Fact{Label: w.head, Value: r.LedgerHead})
	s.Text(w.headNote)
	s.Heading(w.totals)
	s.Table(figureColumns(w), [][]string{figures(w.totals, r.Totals, lang)})
	if r.DifferenceCents != 0 {
		s.Notice(w.difference + ": " + local.Money(r.DifferenceCents, lang))
	}
	for _, part := range []struct {
		heading string
		rows    []local.Figure
	}{{w.operators, r.Operators}, {w.terminals, r.Terminals}, {w.creditors, r.Creditors}} {
		if len(part.rows) == 0 {
			continue
		}
		s.Heading(part.heading)
		var rows [][]string
		for _, f := range part.rows {
			rows = append(rows, figures(f.Label, f.Figures, lang))
		}
		s.Table(figureColumns(w), rows)
	}
	s.Heading(w.cases)
	s.Facts(paper.Fact{Label: w.casesOpened, Value: strconv.Itoa(r.CasesOpened)}, paper.Fact{Label: w.casesEnded, Value: strconv.Itoa(r.CasesEnded)})
	if len(r.CasesOpen) == 0 {
		s.Text(w.noCases)
	}
	for _, c := range r.CasesOpen {
		s.Text(fmt.Sprintf("%s · %s · %s %s", c.ID, c.Opened.In(paper.Rome).Format("02/01/2006"), c.Cause.Text, c.PaymentID))
	}
	s.Heading(w.list)
	if len(r.Lines) == 0 {
		s.Text(w.nobody)
	} else {
		s.Table(lineColumns(w), lineRows(w, r.Lines, lang))
	}
	s.Facts(paper.Fact{Label: w.sign, Value: "________________________________________"})
	return s.PDF()
}

// soleCreditor is the body whose day it is; "" when there are several.
func soleCreditor(r local.DayReport) string {
	if len(r.Creditors) == 1 {
		return r.Creditors[0].Label
	}
	return ""
}

// short is enough of a hash to see that two papers are of one moment.
func short(hash string) string { return hash[:min(len(hash), 16)] }

func figureColumns(w words) []paper.Column {
	shares := []float64{0.15, 0.12, 0.11, 0.11, 0.11, 0.11, 0.1, 0.1, 0.09}
	var out []paper.Column
	for i, name := range w.figures {
		out = append(out, paper.Column{Name: name, Share: shares[i], Right: i > 0})
	}
	return out
}

// figures are a row: what, and how many.
func figures(label string, f local.Figures, lang local.Language) []string {
	row := []string{label}
	for i, s := range []local.Sum{f.Charged, f.Reversed, {}, f.Unknown, f.Registered, f.Awaiting, f.Held, f.Closed} {
		switch {
		case i == 2:
			row = append(row, local.Money(f.NetCents, lang))
		case s.Count == 0:
			row = append(row, "–")
		default:
			row = append(row, fmt.Sprintf("%s (%d)", local.Money(s.Cents, lang), s.Count))
		}
	}
	return row
}

func lineColumns(w words) []paper.Column {
	shares := []float64{0.07, 0.08, 0.11, 0.18, 0.1, 0.11, 0.1, 0.09, 0.1, 0.06}
	var out []paper.Column
	for i, name := range w.lines {
		out = append(out, paper.Column{Name: name, Share: shares[i], Right: i == 4})
	}
	return out
}

func lineRows(w words, lines []local.DayLine, lang local.Language) [][]string {
	var out [][]string
	for _, l := range lines {
		out = append(out, []string{l.ReceiptNumber, l.At.In(paper.Rome).Format("15:04:05"), l.PaymentID, l.Number, local.Money(l.AmountCents, lang),
			w.states[l.State], w.registrations[l.Registration], l.Terminal, l.Operator, l.STAN})
	}
	return out
}
