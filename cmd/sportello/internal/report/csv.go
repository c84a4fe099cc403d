package report

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"time"

	"sportello/cmd/sportello/internal/paper"
	"sportello/protocol/local"
)

// CSV writes lines as the spreadsheets of Italian offices read them: a byte order mark, semicolons, decimal
// commas, CRLF. No field is taken for a formula there.
func CSV(lines []local.DayLine, language string) ([]byte, error) {
	lang := local.Language(language)
	var header []string
	for _, column := range fileColumns {
		header = append(header, column.In(lang))
	}
	var b bytes.Buffer
	b.WriteString("\ufeff")
	out := csv.NewWriter(&b)
	out.Comma, out.UseCRLF = ';', true
	if err := out.Write(header); err != nil {
		return nil, fmt.Errorf("write CSV: %w", err)
	}
	for _, l := range lines {
		reversed := ""
		if l.ReversedAt != nil {
			reversed = stamp(*l.ReversedAt)
		}
		charged := ""
		if l.ReceiptNumber != "" {
			charged = amount(l.ChargedCents)
		}
		fields := []string{l.AccountingDay, stamp(l.At), l.ReceiptNumber, l.PaymentID, l.Reference, l.Creditor, l.CreditorName, l.Number,
			amount(l.AmountCents), charged, states[l.State].In(lang), reversed, registrations[l.Registration].In(lang), l.ReceiptID,
			l.Terminal, l.Operator, l.STAN, l.AuthCode, l.PAN, string(l.Settlement), yesNo[l.Offline].In(lang)}
		for i := range fields {
			fields[i] = harmless(fields[i])
		}
		if err := out.Write(fields); err != nil {
			return nil, fmt.Errorf("write CSV: %w", err)
		}
	}
	out.Flush()
	return b.Bytes(), out.Error()
}

// harmless keeps a spreadsheet from computing a field: it does where one begins like this, blanks before it or not.
func harmless(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F {
			return ' '
		}
		return r
	}, s)
	if t := strings.TrimLeft(s, " \u00a0\ufeff"); t != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(t)[0]) {
		return "'" + s
	}
	return s
}

// amount writes cents with a decimal comma and nothing else.
func amount(cents int64) string {
	sign := ""
	if cents < 0 {
		sign, cents = "-", -cents
	}
	return fmt.Sprintf("%s%d,%02d", sign, cents/100, cents%100)
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(paper.Rome).Format("2006-01-02 15:04:05")
}
