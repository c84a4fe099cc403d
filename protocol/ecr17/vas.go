package ecr17

// VASRequest is a service request in XML (K, 2.14): QR payments and the like.
type VASRequest struct {
	TID string
	ECR string // cash register id
	XML string // at most 1024 bytes
}

// VASPart is one part of the answer to a VASRequest. VASParts joins them.
//
// ECR17 2.14: the letter is 4B, the 75 of its page is decimal. 19-22 are
// undocumented: written as zeros, ignored on receive. Lengths are in bytes: more
// declared than present is damage, fewer leaves a tail that is not XML.
type VASPart struct {
	TID      string
	More     bool
	Sequence int // 1 to 999
	XML      string
}

// AppendPayload implements Message.
func (m VASRequest) AppendPayload(dst []byte) ([]byte, error) {
	v := request('K', m.TID, m.ECR, false)
	v.setNumber(fLength, int64(len(m.XML)))
	v.setText(fText, m.XML)
	return vasRequestTable.pack(dst, &v)
}

func decodeVASRequest(v *values, s string, mode Mode) (Message, error) {
	err := vasRequestTable.unpack(v, s, mode)
	m := VASRequest{TID: v.text[fTID], ECR: v.text[fRegister]}
	var rest string
	m.XML, rest, err = declared(vasRequestTable, v, s, maxXML, mode, err)
	if err == nil && mode == Strict && rest != "" {
		err = vasRequestTable.fault(vasRequestTable.tail(), lengthText(len(rest)), ErrLong)
	}
	return m, err
}

// AppendPayload implements Message. The undocumented gap is written as zeros.
func (m VASPart) AppendPayload(dst []byte) ([]byte, error) {
	v := answer('K', m.TID, "")
	v.setFlag(fMore, m.More)
	v.setNumber(fSequence, int64(m.Sequence))
	v.setNumber(fLength, int64(len(m.XML)))
	v.setText(fText, m.XML)
	return vasPartTable.pack(dst, &v)
}

func decodeVASPart(v *values, s string, mode Mode) (Message, error) {
	err := vasPartTable.unpack(v, s, mode)
	m := VASPart{TID: v.text[fTID], More: v.flag(fMore), Sequence: int(v.number(fSequence))}
	var rest string
	m.XML, rest, err = declared(vasPartTable, v, s, maxXML, mode, err)
	if err == nil && mode == Strict && rest != "" {
		err = vasPartTable.fault(vasPartTable.tail(), lengthText(len(rest)), ErrLong)
	}
	return m, err
}
