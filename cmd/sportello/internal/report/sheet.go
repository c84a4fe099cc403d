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
	lang := local.Language(language)
	fact := func(label words, value string) paper.Fact { return paper.Fact{Label: label.In(lang), Value: value} }
	day := r.Day
	if t, err := time.Parse(time.DateOnly, r.Day); err == nil {
		day = t.Format("02/01/2006")
	}
	s := paper.NewSheet(paper.Head{Title: texts.title.In(lang) + " " + day, Language: language, Author: soleCreditor(r), At: r.MadeAt,
		Footer: r.Installation + " · " + day + " · " + short(r.LedgerHead)})
	receipts := r.FirstReceipt
	if r.LastReceipt != r.FirstReceipt {
		receipts += " – " + r.LastReceipt
	}
	s.Facts(fact(texts.installation, r.Installation), fact(texts.madeAt, r.MadeAt.In(paper.Rome).Format("02/01/2006 15:04:05")),
		fact(texts.receipts, receipts), fact(texts.entries, strconv.FormatUint(r.Entries, 10)),
		fact(texts.head, r.LedgerHead))
	s.Text(texts.headNote.In(lang))
	s.Heading(texts.totals.In(lang))
	s.Table(columnsOf(figureColumns, lang), [][]string{figures(texts.totals.In(lang), r.Totals, lang)})
	if r.DifferenceCents != 0 {
		s.Notice(texts.difference.In(lang) + ": " + local.Money(r.DifferenceCents, lang))
	}
	for _, part := range []struct {
		heading words
		rows    []local.Figure
	}{{texts.operators, r.Operators}, {texts.terminals, r.Terminals}, {texts.creditors, r.Creditors}} {
		if len(part.rows) == 0 {
			continue
		}
		s.Heading(part.heading.In(lang))
		var rows [][]string
		for _, f := range part.rows {
			rows = append(rows, figures(f.Label, f.Figures, lang))
		}
		s.Table(columnsOf(figureColumns, lang), rows)
	}
	s.Heading(texts.cases.In(lang))
	s.Facts(fact(texts.casesOpened, strconv.Itoa(r.CasesOpened)), fact(texts.casesEnded, strconv.Itoa(r.CasesEnded)))
	if len(r.CasesOpen) == 0 {
		s.Text(texts.noCases.In(lang))
	}
	for _, c := range r.CasesOpen {
		s.Text(fmt.Sprintf("%s · %s · %s %s", c.ID, c.Opened.In(paper.Rome).Format("02/01/2006"), c.Cause.Text, c.PaymentID))
	}
	s.Heading(texts.list.In(lang))
	if len(r.Lines) == 0 {
		s.Text(texts.nobody.In(lang))
	} else {
		s.Table(columnsOf(lineColumns, lang), lineRows(r.Lines, lang))
	}
	s.Facts(fact(texts.sign, "________________________________________"))
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

func columnsOf(all []column, lang local.Language) []paper.Column {
	var out []paper.Column
	for _, c := range all {
		out = append(out, paper.Column{Name: c.name.In(lang), Share: c.share, Right: c.right})
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

func lineRows(lines []local.DayLine, lang local.Language) [][]string {
	var out [][]string
	for _, l := range lines {
		out = append(out, []string{l.ReceiptNumber, l.At.In(paper.Rome).Format("15:04:05"), l.PaymentID, l.Number, local.Money(l.AmountCents, lang),
			states[l.State].In(lang), registrations[l.Registration].In(lang), l.Terminal, l.Operator, l.STAN})
	}
	return out
}
