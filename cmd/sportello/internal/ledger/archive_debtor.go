package ledger

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	bolt "go.etcd.io/bbolt"
)

// This file is who owed, as the archive knows it. It stands in the erasable blob of the intent alone; the archive's
// index has the first letters of it, and is taken from the disk whenever retention erases (archive.without).

// Debtor is who owed a notice, as the platform said when it was verified before the charge. Personal.
type Debtor struct {
	Name    string `json:"name,omitempty"`
	TaxCode string `json:"tax_code,omitempty"`
}

// debtorsBlob are the debtors as they go into a blob; nil: the platform has named nobody.
func debtorsBlob(all []Debtor) []Debtor {
	if !slices.ContainsFunc(all, func(d Debtor) bool { return d != Debtor{} }) {
		return nil
	}
	return all
}

// Debtors returns who owed, one a notice; nil when erased or never given.
func (l *Ledger) Debtors(id string) ([]Debtor, error) {
	b, err := l.blob(id, func(r *record) uint64 { return r.SentSeq })
	if err != nil || b == nil {
		return nil, err
	}
	return b.Debtors, nil
}

// debtorsOf are Debtors within a transaction. What cannot be read is none: Check tells.
func debtorsOf(tx *bolt.Tx, r *record) []Debtor {
	stored := tx.Bucket(bucketBlobs).Get(seqKey(r.SentSeq))
	if r.SentSeq == 0 || stored == nil {
		return nil
	}
	b, err := openBlob(stored)
	if err != nil {
		return nil
	}
	return b.Debtors
}

const (
	maxDebtor     = 512 // bytes of a query
	maxDebtorWord = 32  // bytes of a word; what follows is not looked at
)

// latin are the letters that people type without their accents; what is not in it stands for itself.
var latin = func() map[rune]string {
	out := map[rune]string{'ß': "SS", 'Æ': "AE", 'Œ': "OE", 'Þ': "TH"}
	for plain, marked := range map[string]string{
		"A": "ÀÁÂÃÄÅĀĂĄǍ", "C": "ÇĆĈĊČ", "D": "ÐĎĐ", "E": "ÈÉÊËĒĔĖĘĚ", "G": "ĜĞĠĢ", "H": "ĤĦ", "I": "ÌÍÎÏĨĪĬĮİǏ", "J": "Ĵ", "K": "Ķ",
		"L": "ĹĻĽĿŁ", "N": "ÑŃŅŇ", "O": "ÒÓÔÕÖØŌŎŐǑ", "R": "ŔŖŘ", "S": "ŚŜŞŠȘ", "T": "ŢŤŦȚ", "U": "ÙÚÛÜŨŪŬŮŰŲǓ", "W": "Ŵ", "Y": "ÝŶŸ", "Z": "ŹŻŽ",
	} {
		for _, r := range marked {
			out[r] = plain
		}
	}
	return out
}()

// plainText is a text in capitals without accents.
func plainText(s string) string {
	var out strings.Builder
	for _, r := range s {
		r = unicode.ToUpper(r)
		switch plain, ok := latin[r]; {
		case ok:
			out.WriteString(plain)
		case !unicode.Is(unicode.Mn, r): // a mark of its own
			out.WriteRune(r)
		}
	}
	return out.String()
}

func between(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

// words are the words of a plain text.
func words(plain string) []string {
	out := strings.FieldsFunc(plain, between)
	for i, w := range out {
		out[i] = w[:min(len(w), maxDebtorWord)]
	}
	return out
}

// plainCode is a tax code as it is compared.
func plainCode(plain string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, plain)
}

// names are the words under which people look for the debtors of a payment: D'ANGELO is D, ANGELO and DANGELO.
func names(all []Debtor) []string {
	var out []string
	for _, d := range all {
		plain := plainText(d.Name)
		out = append(out, words(plain)...)
		if joined := strings.NewReplacer("'", "", "\u2019", "").Replace(plain); joined != plain {
			out = append(out, words(joined)...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// codes are the debtors' tax codes.
func codes(all []Debtor) []string {
	var out []string
	for _, d := range all {
		if code := plainCode(plainText(d.TaxCode)); code != "" {
			out = append(out, code[:min(len(code), maxDebtorWord)])
		}
	}
	return out
}

// The kinds of terms of a debtor, as of a notice number (noticeTerms).
var (
	codeTerms = levels{{'k', 2}, {'f', maxDebtorWord}}
	nameTerms = levels{{'v', 2}, {'w', maxDebtorWord}}
)

// debtorTerms are those of a payment, which never change: retention takes them all away at once.
func debtorTerms(all []Debtor) []string {
	var out []string
	for _, code := range codes(all) {
		out = append(out, codeTerms.of(code)...)
	}
	for _, name := range names(all) {
		out = append(out, nameTerms.of(name)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// debtorSearch is who is looked for: somebody whose tax code begins so, or whose name has words that begin so, each.
type debtorSearch struct {
	code  string
	words []string
}

// debtorAsked reads a query; nil: nobody is looked for.
func debtorAsked(query string) (*debtorSearch, error) {
	if query == "" {
		return nil, nil
	}
	plain := plainText(query)
	d := &debtorSearch{code: plainCode(plain), words: words(plain)}
	if len(query) > maxDebtor || len(d.words) == 0 {
		return nil, fmt.Errorf("%w: debtor of %d bytes", ErrInvalid, len(query)) // personal: not repeated
	}
	return d, nil
}

// is says that one of the debtors, or all of them together, are who is looked for.
func (d *debtorSearch) is(all []Debtor) bool {
	if d.code != "" && slices.ContainsFunc(codes(all), func(c string) bool { return strings.HasPrefix(c, d.code) }) {
		return true
	}
	have := names(all)
	for _, word := range d.words {
		if !slices.ContainsFunc(have, func(n string) bool { return strings.HasPrefix(n, word) }) {
			return false
		}
	}
	return true
}

// join sets what the index holds for them.
func (d *debtorSearch) join(c *bolt.Cursor, chunk int, b *bitset) error {
	all := new(bitset)
	all.fill(chunkSize)
	for _, word := range d.words {
		one := new(bitset)
		if err := nameTerms.join(c, chunk, word, one); err != nil {
			return err
		}
		all.and(one)
	}
	b.or(all)
	if d.code == "" {
		return nil
	}
	return codeTerms.join(c, chunk, d.code, b)
}

// debtorsSince is the day of the oldest payment whose debtor is known; where there is none it is today.
func (f *finder) debtorsSince(x *archiveTx, g *gap) (string, error) {
	for chunk := 0; chunk*chunkSize < x.count; chunk++ {
		one := new(bitset)
		for _, of := range []levels{codeTerms, nameTerms} {
			if err := of.join(x.terms.Cursor(), chunk, "", one); err != nil {
				return "", err
			}
		}
		if i := one.first(); i >= 0 {
			d, err := x.doc(chunk*chunkSize + i)
			if err != nil {
				return "", err
			}
			r, err := loadRecord(f.v, d.id)
			if err != nil {
				return "", err
			}
			return romeDay(r.CreatedAt), nil
		}
	}
	for _, r := range slices.Backward(g.fresh) {
		if len(debtorsOf(f.tx, r)) > 0 {
			return romeDay(r.CreatedAt), nil
		}
	}
	return f.today, nil
}
