package ecr17_test

import (
	"fmt"

	"sportello/protocol/ecr17"
)

// A payment request goes out; an ACK, a progress text and the result come back
// in one read.
func Example() {
	request := ecr17.PaymentRequest{Code: 'X', TID: "30412207", AmountCents: 12500, Text: "RIFA1KQ7M2X9D"}
	frame, err := ecr17.AppendMessage(nil, request, ecr17.StxPayloadEtx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(frame), "bytes out")

	payload, err := ecr17.Result{
		Class: ecr17.ClassExtended, TID: "30412207", Code: ecr17.ResultOK, PAN: ecr17.NewPAN("000453201******7741"),
		STAN: "004711", ActionCode: "000", AmountCents: 12500, HasAmount: true,
	}.AppendPayload(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	in := ecr17.AppendACK(nil, ecr17.FormCtrlEtx)
	in = append(in, "\x01DIGITARE PIN        \x04"...)
	in = ecr17.AppendFrame(in, payload, ecr17.StxPayloadEtx)

	var line ecr17.Deframer
	line.Feed(in)
	for f, ok := line.Next(); ok; f, ok = line.Next() {
		fmt.Println(f)
		if !f.Valid(ecr17.StxPayloadEtx) {
			continue // ACK, NAK, progress; or damage: NAK it
		}
		r, err := ecr17.DecodeResult(f.Payload, ecr17.Lenient)
		if err != nil {
			fmt.Println("no verdict:", err)
			return
		}
		fmt.Println(r.Class, r.Code, r.AmountCents, r.PAN, r.STAN, r.ActionCode.Sense())
	}
	// Output:
	// 170 bytes out
	// ACK(ctrl+etx)
	// progress("DIGITARE PIN")
	// application(E, 92 bytes)
	// extended payment 00 12500 ****7741 004711 approvata
}
