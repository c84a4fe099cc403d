package ecr17

import (
	"strings"
)

// AdditionalData is the message after a request with MoreData (U, 2.13).
//
// ECR17 2.13: each content is closed by the one byte 1B, which "01B hex" means.
// What the index map holds is open: here byte k is the index of the k-th
// content, "5000" for one tag 5 and "1500" for the tags 1 and 5; it is written
// as given, so that a terminal of another opinion can be served.
type AdditionalData struct {
	TID       string
	ISOField  string   // field of the wanted answer: "62", or "00" for none
	AnswerTag string   // tag of the wanted answer, "DF8D01" today
	IndexMap  string   // 4 digits: index of each content ("5000" = one tag 5)
	Tags      []string // at most 4 contents
}

// WantsAnswer reports whether an AdditionalDataAnswer should follow the result.
func (m AdditionalData) WantsAnswer() bool { return m.ISOField != "00" }

// AdditionalDataAnswer is data from the host (U, 2.13).
//
// ECR17 2.13: the data may stand in a field that is always 255 wide. The length
// at 17 decides, what follows is ignored.
type AdditionalDataAnswer struct {
	TID  string
	Data string // at most 255 bytes
}

// AppendPayload implements Message.
func (m AdditionalData) AppendPayload(dst []byte) ([]byte, error) {
	v := request('U', m.TID, "", false)
	v.setText(fISO, m.ISOField)
	v.setText(fTag, m.AnswerTag)
	v.setText(fIndex, m.IndexMap)
	var wire strings.Builder
	for _, tag := range m.Tags {
		wire.WriteString(tag)
		wire.WriteByte(ESC)
	}
	v.setText(fTags, wire.String())
	if tag, err := m.checkTags(); err != nil {
		return dst, additionalDataTable.fault(additionalDataTable.tail(), tag, err)
	}
	return additionalDataTable.pack(dst, &v)
}

// checkTags holds the lengths of 2.13: 30 bytes for the indices 1 to 4, 100
// for index 5 and for what the map leaves open, 100 in all, 4 contents. It
// gives the content at fault.
func (m AdditionalData) checkTags() (string, error) {
	if len(m.Tags) > maxTags {
		return numberText(int64(len(m.Tags))), ErrTags
	}
	total := 0
	for k, tag := range m.Tags {
		limit := maxTagBytes
		if k < len(m.IndexMap) && m.IndexMap[k] >= '1' && m.IndexMap[k] <= '4' {
			limit = 30
		}
		total += len(tag)
		switch {
		case tag == "":
			return tag, ErrTags
		case !allPrintable(tag):
			return tag, ErrNotText
		case len(tag) > limit || total > maxTagBytes:
			return tag, ErrTooWide
		}
	}
	return "", nil
}

func decodeAdditionalData(v *values, s string, mode Mode) (Message, error) {
	err := additionalDataTable.unpack(v, s, mode)
	m := AdditionalData{
		TID: v.text[fTID], ISOField: v.text[fISO], AnswerTag: v.text[fTag], IndexMap: v.text[fIndex],
	}
	tags := v.text[fTags]
	open := tags != "" && tags[len(tags)-1] != ESC
	if tags != "" {
		m.Tags = strings.Split(strings.TrimSuffix(tags, string(rune(ESC))), string(rune(ESC)))
	}
	if err == nil && open {
		err = additionalDataTable.fault(additionalDataTable.tail(), tags, ErrTags)
	}
	if tag, tagErr := m.checkTags(); err == nil && tagErr != nil {
		err = additionalDataTable.fault(additionalDataTable.tail(), tag, tagErr)
	}
	return m, err
}

// AppendPayload implements Message.
func (m AdditionalDataAnswer) AppendPayload(dst []byte) ([]byte, error) {
	tail := additionalAnswerTable.tail()
	if len(m.Data) > maxUData {
		return dst, additionalAnswerTable.fault(tail, m.Data, ErrTooWide)
	}
	v := answer('U', m.TID, "")
	v.setNumber(fLength, int64(len(m.Data)))
	v.setText(fText, m.Data+uTrailer)
	return additionalAnswerTable.pack(dst, &v)
}

const uTrailer = "0000000000"

// decodeAdditionalDataAnswer takes as many bytes as the length field says. The
// rest is ten zeros, or (lenient) whatever a terminal with a fixed field of
// 255 bytes leaves there.
func decodeAdditionalDataAnswer(v *values, s string, mode Mode) (Message, error) {
	err := additionalAnswerTable.unpack(v, s, mode)
	m := AdditionalDataAnswer{TID: v.text[fTID]}
	var rest string
	m.Data, rest, err = declared(additionalAnswerTable, v, s, maxUData, mode, err)
	if err == nil && mode == Strict && rest != uTrailer {
		err = additionalAnswerTable.fault(additionalAnswerTable.tail(), rest, ErrReserved)
	}
	return m, err
}

// declared cuts the variable part of a message by its length field. More
// declared than present is damage.
func declared(l *layout, v *values, s string, most int, mode Mode, err error) (data, rest string, _ error) {
	n, ok := v.amount(fLength)
	if err != nil || !ok {
		return "", "", err
	}
	tail := s[min(len(s), l.width):]
	switch {
	case n > int64(len(tail)):
		return "", "", l.fault(l.tail(), lengthText(len(tail)), ErrShort)
	case n > int64(most):
		return "", "", l.fault(l.tail(), lengthText(int(n)), ErrTooWide)
	}
	data, rest = tail[:n], tail[n:]
	if mode == Lenient {
		data = keepBytes(data, xmlByte)
	}
	return data, rest, nil
}
