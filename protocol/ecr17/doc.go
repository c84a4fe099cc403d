// Package ecr17 is the bytes of ECR17, the protocol between a cash desk and an
// Italian card terminal: frames and their check byte, the deframer, message
// tables, codes, ticket text.
//
// It turns bytes into typed messages and back, in both directions, so that
// the driver and the simulated terminal read the same tables. It never does
// I/O, keeps no timer and decides nothing about money: a decoding error means
// "no verdict", never "refused". Card numbers exist here only masked, by type.
//
// Positions in tables and comments are 1-based inside the message, that is
// between STX and ETX. Sections (1.4, 2.3, ...) are those of the project's
// protocol notes.
//
// Nothing here is safe for concurrent use on one value; different values are
// independent.
package ecr17
