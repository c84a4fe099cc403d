package ecr17

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strings"
)

// panWidth is the width of the PAN field in every result.
const panWidth = 19

// PAN is a card number that was masked before it was stored: at most the
// first six and the last four digits, as the terminal truncated them. Every
// way of printing it shows the last four digits only. Comparable; the zero
// value is "no card".
type PAN struct{ wire string }

// NewPAN masks s. Digits that the terminal should have truncated are replaced.
func NewPAN(s string) PAN {
	masked, _ := maskPAN(s)
	return PAN{wire: masked}
}

// LastFour gives the last four digits, or "" if there is no card number.
func (p PAN) LastFour() string {
	if strings.Trim(p.wire, "0* ") == "" {
		return ""
	}
	n := len(p.wire)
	for n > 0 && len(p.wire)-n < 4 && isDigit(p.wire[n-1]) {
		n--
	}
	return p.wire[n:]
}

// String gives stars and the last four digits, or "" without a card.
func (p PAN) String() string {
	last := p.LastFour()
	if last == "" {
		return ""
	}
	return "****" + last
}

// Format writes String for every verb.
func (p PAN) Format(s fmt.State, verb rune) {
	if verb == 'q' {
		_, _ = fmt.Fprintf(s, "%q", p.String())
		return
	}
	_, _ = io.WriteString(s, p.String())
}

// MarshalJSON writes String.
func (p PAN) MarshalJSON() ([]byte, error) { return json.Marshal(p.String()) }

// UnmarshalJSON reads what MarshalJSON wrote; anything else is masked first.
func (p *PAN) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("ecr17: PAN: %w", err)
	}
	*p = NewPAN(s)
	return nil
}

// maskPAN leaves a truncated number as it is (leading zeros are padding) and
// hides all but the last four digits of any other.
func maskPAN(s string) (masked string, changed bool) {
	pad := 0
	for pad < len(s) && (s[pad] == '0' || s[pad] == ' ') {
		pad++
	}
	if truncated(s[pad:]) {
		return s, false
	}
	return s[:pad] + hideDigits(s[pad:]), true
}

// truncated reports whether at most six leading and four trailing digits
// stand, with at least three hidden between them; or at most four in all.
func truncated(s string) bool {
	lead, trail := 0, 0
	for lead < len(s) && isDigit(s[lead]) {
		lead++
	}
	for trail < len(s)-lead && isDigit(s[len(s)-1-trail]) {
		trail++
	}
	hidden := s[lead : len(s)-trail]
	inside := countDigits(hidden)
	return lead <= 6 && trail <= 4 && inside == 0 && len(hidden) >= 3 || lead+trail+inside <= 4
}

// hideDigits replaces every digit but the last four by a star.
func hideDigits(s string) string {
	b := []byte(s)
	keep := 4
	for i := len(b) - 1; i >= 0; i-- {
		if !isDigit(b[i]) {
			continue
		}
		if keep > 0 {
			keep--
			continue
		}
		b[i] = '*'
	}
	return string(b)
}

// minPAN is the length from which a run of digits may be a card number.
const minPAN = 13

// MaskText hides the card numbers in a text, all but their last four digits: a
// number of 13 to 19 digits that passes Luhn's check, in one piece or in groups of
// four digits or more with single blanks, dots or dashes between them; leading zeros
// are padding. In a longer piece it hides whatever could be one. So the other
// numbers of a slip stay: an AID, a terminal's id, a notice (of 17 and 18 digits only
// cards that begin with 5 or 6 exist), a date and a time. One in ten others of that
// length looks like a card's by chance, and is hidden, too.
func MaskText(s string) string {
	return maskRuns(s, hideCards)
}

// MaskDigits hides every run of 13 or more digits (single blanks, dots or dashes
// between them do not break a run) except its last four: for the fields of a
// message, which may hold a card number cut short.
func MaskDigits(s string) string {
	return maskRuns(s, hideDigits)
}

// maskRuns hides in every run of 13 or more digits.
func maskRuns(s string, hide func(run string) string) string {
	for at := 0; at < len(s); {
		if !isDigit(s[at]) {
			at++
			continue
		}
		end, digits := digitRun(s, at)
		if digits >= minPAN {
			s = s[:at] + hide(s[at:end]) + s[end:]
		}
		at = end
	}
	return s
}

// hideCards hides what looks like a card number in a run of digits and single
// separators. Where two overlap, what either hides is hidden.
func hideCards(run string) string {
	b := []byte(run)
	for from := range len(run) {
		if run[from] < '1' || run[from] > '9' {
			continue
		}
		begin, end := from, from // the piece in which it begins
		for begin > 0 && isDigit(run[begin-1]) {
			begin--
		}
		for end < len(run) && isDigit(run[end]) {
			end++
		}
		long := end-begin > panWidth
		if !long && strings.Trim(run[begin:from], "0") != "" {
			continue
		}
		for i := range cardEnds(run, from) {
			if !long && i < len(run) && isDigit(run[i]) || long && i > end {
				continue
			}
			for k, left := from, countDigits(run[from:i]); left > 4; k++ {
				if isDigit(run[k]) {
					b[k] = '*'
					left--
				}
			}
		}
	}
	return string(b)
}

// cardEnds gives where a card number that begins at run[from] may end.
func cardEnds(run string, from int) iter.Seq[int] {
	return func(yield func(int) bool) {
		sums, digits, piece := [2]int{}, 0, 0 // with every other digit doubled, from the first or the second on
		for i := from; i < len(run) && digits < panWidth; i++ {
			if !isDigit(run[i]) {
				if piece < 4 {
					return
				}
				piece = 0
				continue
			}
			d := int(run[i] - '0')
			sums[digits%2] += 2*d/10 + 2*d%10
			sums[1-digits%2] += d
			digits++
			piece++
			rare := (digits == 17 || digits == 18) && run[from] != '5' && run[from] != '6'
			if digits >= minPAN && !rare && sums[digits%2]%10 == 0 && !yield(i+1) {
				return
			}
		}
	}
}

// digitRun measures the run of digits that begins at s[at].
func digitRun(s string, at int) (end, digits int) {
	end = at
	for i := at; i < len(s); i++ {
		if isDigit(s[i]) {
			digits++
			end = i + 1
			continue
		}
		separator := s[i] == ' ' || s[i] == '-' || s[i] == '.'
		if !separator || i != end {
			break
		}
	}
	return end, digits
}

// Raw is a whole message as it came, except that a card number in clear was
// masked in place. It is what the journal keeps, and what two answers to
// "send the last result" are compared by: with ==, never with bytes from the
// line (NewRaw makes them comparable). Every way of printing it shows its
// letter and length only; string(r) gives the bytes.
type Raw string

// NewRaw keeps a message. It can be decoded again like the original.
func NewRaw(payload []byte) Raw {
	raw, _ := maskMessage(payload)
	return raw
}

// String describes the message without its content.
func (r Raw) String() string {
	if len(r) < headerLen {
		return fmt.Sprintf("message of %d bytes", len(r))
	}
	return fmt.Sprintf("%q of %d bytes", string(r[9:10]), len(r))
}

// Format writes String for every verb.
func (r Raw) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, r.String()) }

// maskMessage masks the body of a result (13-36), where a card number or a
// reason text stands; other messages carry none. What needs no masking costs
// the one string.
func maskMessage(payload []byte) (raw Raw, changed bool) {
	s := string(payload)
	if len(s) <= bodyAt || !resultLetter(s[headerLen-1]) {
		return Raw(s), false
	}
	end := min(len(s), bodyAt+panWidth)
	var masked string
	if panShaped(s[bodyAt:end]) {
		if masked, changed = maskPAN(s[bodyAt:end]); !changed {
			return Raw(s), false
		}
	} else {
		end = min(len(s), bodyAt+reasonWidth)
		if masked = MaskDigits(s[bodyAt:end]); masked == s[bodyAt:end] {
			return Raw(s), false
		}
	}
	return Raw(s[:bodyAt] + masked + s[end:]), true
}

// panShaped reports whether the field can be a card number, in any style of
// truncation, and not a text.
func panShaped(s string) bool { return classOf(s)&panLikeByte != 0 }
