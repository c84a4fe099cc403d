// Package govpaytest is a GovPay platform on the other end of a real HTTP line:
// for tests, for the demo and for `sportello simulate platform`. It is strict
// where the real one is strict, so that a wrong client fails: credentials, the
// authentication segment, versions, the Accept header, paging and the two kinds
// of 404 behave as GovPay's code does.
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
// provider) or "ANNULLATA". printed_cents is the amount on the printed notice
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
//	{"on":"*","do":"down","skip":3,"times":1}
//
// on: byAvviso, ricevute, ricevuta, pdf, profilo, or * for any.
// do: down (the connection is reset), slow (delay_ms, then the true answer), html
// (a proxy's page, with status, 200 by default), status (with status and the
// platform's fault body), wrong_json (well formed, without what it must have),
// redirect (to a login page), cut (half of the true answer).
// skip: matching requests to let pass first. times: how many to spoil, 0 for all.
// The file is read again when it changes; counting then starts again.
package govpaytest
