// Package simulator is a card terminal that speaks ECR17, with a bank behind it: a
// strict and, when told so, hostile server on TCP, on a pseudo terminal or on a
// connection in memory. It ships in the binary, for the demo, for trials without a
// terminal, and for every test that must know what became of the citizen's money.
//
// The bank decides when the terminal reaches its host and keeps that truth whatever
// the line does afterwards (design 6): tests compare the ledger's verdict with it.
//
// It must never be kinder than a real terminal: a wrong LRC, a wrong terminal id, an
// unknown letter or a field outside its table is answered with NAK, every copy of a
// request that arrives is executed, and a second client waits.
//
// Timers come from package time only, so that ServeConn runs in a testing/synctest
// bubble over an in-memory connection.
package simulator
