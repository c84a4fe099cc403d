package ecr17

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// MaxVASAnswer bounds the joined XML of a service answer, in bytes. A legal
// one of 999 full parts could be longer; those met have two or three.
const MaxVASAnswer = 64 << 10

// MaxOrderID is the longest ORDER_ID (2.14).
const MaxOrderID = 27

// VASParts joins the parts of the answer to one VASRequest (2.14): in order,
// a repeat of a part discarded, a hole is damage. The zero value is ready. An
// error stays: ask with the matching _INQUIRY, never trust half an answer.
type VASParts struct {
	parts []string
	size  int
	done  bool
	err   error
}

// Add takes the next part and reports whether the answer is complete. Every
// part is acknowledged on the line, a discarded repeat too. Errors are
// ErrVASParts (hole, other content under a known number, part after the last)
// and ErrLong (over MaxVASAnswer).
func (j *VASParts) Add(p VASPart) (done bool, err error) {
	switch known := p.Sequence <= len(j.parts); {
	case j.err != nil:
	case p.Sequence < 1, !known && p.Sequence > len(j.parts)+1, !known && j.done,
		known && (j.parts[p.Sequence-1] != p.XML || p.More != (!j.done || p.Sequence < len(j.parts))):
		j.err = fmt.Errorf("ecr17: service answer: part %d after %d: %w", p.Sequence, len(j.parts), ErrVASParts)
	case known: // sent again, our ACK was late
	case j.size+len(p.XML) > MaxVASAnswer:
		j.err = fmt.Errorf("ecr17: service answer of over %d bytes: %w", MaxVASAnswer, ErrLong)
	default:
		j.parts = append(j.parts, p.XML)
		j.size += len(p.XML)
		j.done = !p.More
	}
	return j.done && j.err == nil, j.err
}

// XML gives the joined answer; ErrVASParts while parts are missing.
func (j *VASParts) XML() (string, error) {
	switch {
	case j.err != nil:
		return "", j.err
	case !j.done:
		return "", fmt.Errorf("ecr17: service answer: %d parts and no last one: %w", len(j.parts), ErrVASParts)
	}
	return strings.Join(j.parts, ""), nil
}

// VASAnswer is what is read of a service answer (2.14). Texts are printable;
// empty when absent.
type VASAnswer struct {
	Service string // ECRVASID
	RespID  string // "0" = done
	Message string // RESPMSG, for people
	OrderID string // needed for a refund, and to tell a new payment from an old one
	Amount  string // as it came: its unit is not documented
}

// ReadVAS reads the joined XML. Errors: ErrVASRefused when the service
// answered and did not do it (RESPID other than 0, K05), with what was read;
// ErrVASAnswer when there is no verdict: not the XML of the reference, no
// RESPID, a name twice with two values, an ORDER_ID over MaxOrderID. Names
// under SUBSMPARAMS count like those above it.
func ReadVAS(text string) (VASAnswer, error) {
	var a VASAnswer
	into := map[string]*string{
		"ECRVASID": &a.Service, "RESPID": &a.RespID, "RESPMSG": &a.Message, "ORDER_ID": &a.OrderID, "AMOUNT": &a.Amount,
	}
	if err := readParams(text, into); err != nil {
		return a, fmt.Errorf("ecr17: service answer: %w: %w", ErrVASAnswer, err)
	}
	switch {
	case a.RespID == "":
		return a, fmt.Errorf("ecr17: service answer without RESPID: %w", ErrVASAnswer)
	case len(a.OrderID) > MaxOrderID:
		return a, fmt.Errorf("ecr17: service answer: ORDER_ID of %d bytes: %w", len(a.OrderID), ErrVASAnswer)
	case !zeros(a.RespID):
		return a, fmt.Errorf("ecr17: service answer: RESPID %q, %q: %w", MaskDigits(a.RespID), MaskDigits(a.Message), ErrVASRefused)
	}
	return a, nil
}

var errTwice = errors.New("a name stands twice with two values")

// readParams collects the texts of <p k="NAME"> elements, whatever stands
// around them.
func readParams(text string, into map[string]*string) error {
	d := xml.NewDecoder(strings.NewReader(text))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // the line carries 7-bit text only
	seen := map[string]bool{}
	var names []string // of the open elements; "" where nothing is wanted
	var value strings.Builder
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.StartElement:
			name := ""
			for _, a := range token.Attr {
				if token.Name.Local == "p" && a.Name.Local == "k" && into[a.Value] != nil {
					name = a.Value
				}
			}
			names = append(names, name)
			value.Reset()
		case xml.CharData:
			value.Write(token)
		case xml.EndElement:
			name := names[len(names)-1]
			names = names[:len(names)-1]
			if name != "" {
				got := strings.TrimSpace(printable(value.String()))
				if seen[name] && *into[name] != got {
					return fmt.Errorf("%s: %w", name, errTwice)
				}
				seen[name], *into[name] = true, got
			}
			value.Reset()
		}
	}
}
