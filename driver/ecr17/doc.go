// Package ecr17 is the cash desk's side of ECR17 ("Protocollo 17"): sessions with a card terminal,
// their timers, and the judgement of what became of a payment. It implements driver.Terminal for the
// profiles nexi and numera.
//
// It must never send a financial frame twice, take silence or damage for a refusal, or let a card
// number or the content of additional data and tickets reach a log or an error. Where ECR17 (the
// project's protocol notes) and the design differ, the design holds.
//
// The way of a payment: Pay (pay.go) runs the pre-flight (preflight.go) and then one exchange
// (exchange.go) on a connection of its own (conn.go). What comes back is read (reading.go) into Facts,
// and Judge (judge.go) alone turns Facts into an outcome. After an unknown, Resolve (resolve.go)
// gathers more facts.
package ecr17
