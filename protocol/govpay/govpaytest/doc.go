// Package govpaytest is a GovPay platform on the other end of a real HTTP line:
// for tests, for the demo and for `sportello simulate platform`. It is strict
// where the real one is strict, so that a wrong client fails: credentials, the
// authentication segment, versions, the Accept header, paging, the two kinds of
// 404, the order of the checks of POST /pagamenti, the attempts that block and
// the states of a position behave as GovPay's code does. Where GovPay's OpenAPI
// files say otherwise, the list in contract_deviations_test.go has the reason.
//
// It must never know what the client package believes: it shares no type with
// it, and writes every body by itself. It must never be told by the service
// what was paid: receipts come from the bank behind the terminal, whose file it
// reads at each request (no polling), or from the test.
//
// # Seed
//
// The debts, one JSON document (see [Seed]):
//
//	{"v":1,
//	 "creditors":[{"tax_code":"01199250158","name":"Comune di Esempio"}],
//	 "debts":[{"creditor":"01199250158","notice":"302000100000000107","cents":12345,
//	           "printed_cents":0,"type":"TARI","id":"TARI-2026-1","application":"TRIBUTI",
//	           "reason":"TARI 2026 prima rata","due":"2026-12-31","valid_until":"",
//	           "state":"","stamp_duty":false,"other_creditor":"",
//	           "debtor":{"tax_code":"RSSMRA80A01F205X","name":"Mario Rossi"}}]}
//
// state is "" (open, or expired by its date), "ESEGUITA" (paid with another
// provider), "ANNULLATA", "ANOMALA" or "INCASSATA". printed_cents is the amount on the printed notice
// where it differs from what is owed now.
//
// # Bank file
//
// One JSON line for each decision of the host behind the terminal, [BankLine].
// An approved payment with additional data makes its positions ESEGUITA and
// their receipts appear after Options.ReceiptDelay; a second one makes ANOMALA.
//
// # Faults file
//
// One JSON line a rule, [Rule]; the first that matches a request acts:
//
//	{"on":"ricevute","do":"status","status":503,"times":2}
//	{"on":"pagamenti","do":"lost","skip":3,"times":1}
//
// docs/piattaforma-simulata.md has all its words, and the seed's further keys.
// The file is read again when it changes; counting then starts again.
package govpaytest
