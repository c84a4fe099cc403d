package local

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Language is what texts are written in.
type Language string

const (
	Italian Language = "it"
	English Language = "en"
	German  Language = "de"
)

// Text is what people read for a code: what happened, and what to do now. {name} places are filled by
// Render; a [part in brackets] is shown only when all its places can be filled.
type Text struct {
	Message string
	Hint    string // may be empty where there is nothing to do
}

// The {name} places that texts use and Args may fill. ArgAmount and ArgPayment are also taken from
// Error.AmountCents and Error.PaymentID.
const (
	ArgAmount   = "amount"   // money, by Money
	ArgPrinted  = "printed"  // money as printed on the notice
	ArgExpected = "expected" // what was configured or agreed: an amount, a terminal id
	ArgFound    = "found"    // what was there instead
	ArgPayment  = "payment"  // payment id
	ArgTerminal = "terminal" // a terminal's label
	ArgCreditor = "creditor" // tax code or name
	ArgReason   = "reason"   // why, in the operator's language (a decline, a terminal's status)
	ArgLimit    = "limit"    // a number, or money by Money
	ArgSeconds  = "seconds"  // a number
	ArgField    = "field"    // a field of a request
	ArgSTAN     = "stan"
	ArgAuth     = "auth" // authorisation code
)

// texts has one complete catalogue per language; a test compares it with codes.go.
var texts = map[Language]map[Code]Text{Italian: italian, English: english, German: german}

// Languages are those the catalogue is written in, the fallback first.
func Languages() []Language { return []Language{Italian, English, German} }

// Lookup gives a code's text with its places unfilled. An unknown language reads as Italian, an unknown
// code as internal.
func Lookup(code Code, lang Language) Text {
	all, ok := texts[lang]
	if !ok {
		all = italian
	}
	if text, ok := all[code]; ok {
		return text
	}
	return all[CodeInternal]
}

// Render returns a copy of err with message and hint in lang. It keeps a message or hint that is already there.
func Render(err *Error, lang Language) Error {
	args := make(map[string]string, len(err.Args)+2)
	if err.AmountCents != 0 {
		args[ArgAmount] = Money(err.AmountCents, lang)
	}
	if err.PaymentID != "" {
		args[ArgPayment] = err.PaymentID
	}
	for name, value := range err.Args {
		args[name] = value
	}
	text := Lookup(err.Code, lang)
	done := *err
	if seconds, bad := strconv.Atoi(args[ArgSeconds]); bad == nil && done.RetryAfter == 0 {
		done.RetryAfter = seconds
	}
	if done.Message == "" {
		done.Message = fill(text.Message, args)
	}
	if done.Hint == "" {
		done.Hint = fill(text.Hint, args)
	}
	return done
}

// Explain is Render for a reason: a payment's, a notice's, a light's.
func Explain(code Code, lang Language, args map[string]string) Reason {
	text := Lookup(code, lang)
	return Reason{Code: string(code), Text: fill(text.Message, args), Hint: fill(text.Hint, args)}
}

// Money writes cents as people of that language do: "1.234,50 €", "€1,234.50".
func Money(cents int64, lang Language) string {
	sign := ""
	magnitude := uint64(cents)
	if cents < 0 {
		sign, magnitude = "-", -magnitude
	}
	point, group := ",", "."
	if lang == English {
		point, group = ".", ","
	}
	euros := strconv.FormatUint(magnitude/100, 10)
	for at := len(euros) - 3; at > 0; at -= 3 {
		euros = euros[:at] + group + euros[at:]
	}
	amount := fmt.Sprintf("%s%s%02d", euros, point, magnitude%100)
	if lang == English {
		return sign + "€" + amount
	}
	return sign + amount + " €"
}

// fill puts args into a text's {name} places and drops the [parts] that cannot be filled.
func fill(text string, args map[string]string) string {
	if !strings.ContainsAny(text, "[{") {
		return text
	}
	var b strings.Builder
	for text != "" {
		before, rest, found := strings.Cut(text, "[")
		part, _ := places(before, args)
		b.WriteString(part)
		if !found {
			break
		}
		optional, after, _ := strings.Cut(rest, "]")
		if part, complete := places(optional, args); complete {
			b.WriteString(part)
		}
		text = after
	}
	return b.String()
}

// places replaces {name} and says whether every one could be filled; one that could not leaves nothing.
func places(text string, args map[string]string) (string, bool) {
	complete := true
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		b.WriteString(before)
		if !found {
			return b.String(), complete
		}
		name, after, _ := strings.Cut(rest, "}")
		value := args[name]
		if value == "" {
			complete = false
		}
		b.WriteString(value)
		text = after
	}
}

// HTTPStatus is the status a refusal with this code has. Reasons and warnings, which travel inside
// another answer, have 200; an unknown code has 500.
func HTTPStatus(code Code) int {
	if status, ok := statuses[code]; ok {
		return status
	}
	return http.StatusInternalServerError
}

var statuses = map[Code]int{
	CodeBadRequest:         http.StatusBadRequest,
	CodeRequestIDMissing:   http.StatusBadRequest,
	CodeCardNumber:         http.StatusUnprocessableEntity,
	CodeRequestIDReused:    http.StatusConflict,
	CodeCodeUnreadable:     http.StatusUnprocessableEntity,
	CodeNoticeCheckDigits:  http.StatusUnprocessableEntity,
	CodeIUVTyped:           http.StatusUnprocessableEntity,
	CodeNoticeLength:       http.StatusUnprocessableEntity,
	CodeNoticePlaceholder:  http.StatusUnprocessableEntity,
	CodeOtherCreditor:      http.StatusUnprocessableEntity,
	CodeTooManyNotices:     http.StatusUnprocessableEntity,
	CodeDuplicateNotice:    http.StatusUnprocessableEntity,
	CodeAmountRange:        http.StatusUnprocessableEntity,
	CodeScanRepaired:       http.StatusOK,
	CodeCheckDigitsWarning: http.StatusOK,

	CodeNoticeUnknown:       http.StatusNotFound,
	CodeNoticePaid:          http.StatusConflict,
	CodeNoticeExpired:       http.StatusConflict,
	CodeNoticeCancelled:     http.StatusConflict,
	CodeNoticeAnomalous:     http.StatusConflict,
	CodeNoticeStateUnknown:  http.StatusConflict,
	CodeNoticeInProgress:    http.StatusConflict,
	CodeNoticeStampDuty:     http.StatusConflict,
	CodeNoticeAmountZero:    http.StatusConflict,
	CodeAmountChanged:       http.StatusConflict,
	CodeAmountPrintDiffers:  http.StatusOK,
	CodePlatformUnavailable: http.StatusBadGateway,
	CodePlatformNotJSON:     http.StatusBadGateway,
	CodePlatformPassword:    http.StatusBadGateway,
	CodePlatformForbidden:   http.StatusBadGateway,
	CodePlatformAddress:     http.StatusBadGateway,
	CodePlatformCertificate: http.StatusBadGateway,

	CodeNoticeLocked:            http.StatusConflict,
	CodeTerminalBusy:            http.StatusConflict,
	CodeTerminalLocked:          http.StatusConflict,
	CodeNeedsAdopt:              http.StatusConflict,
	CodeTerminalUnknown:         http.StatusNotFound,
	CodeStateChanged:            http.StatusConflict,
	CodeNotCommissioned:         http.StatusConflict,
	CodePassportChanged:         http.StatusConflict,
	CodePassportLearned:         http.StatusOK,
	CodeTerminalUnproven:        http.StatusConflict,
	CodeTerminalWithoutReceipts: http.StatusConflict,
	CodeNotReversible:           http.StatusConflict,
	CodeNeedsTwoPeople:          http.StatusConflict,
	CodeSamePerson:              http.StatusForbidden,
	CodeReceiptWitness:          http.StatusConflict,
	CodeResolutionTooEarly:      http.StatusConflict,

	CodeTerminalUnreachable: http.StatusServiceUnavailable,
	CodeTerminalSilent:      http.StatusServiceUnavailable,
	CodeNotATerminal:        http.StatusServiceUnavailable,
	CodeWrongTerminal:       http.StatusServiceUnavailable,
	CodeWrongScope:          http.StatusServiceUnavailable,
	CodeTerminalNotReady:    http.StatusServiceUnavailable,
	CodeTerminalRefused:     http.StatusServiceUnavailable,
	CodeTerminalConfig:      http.StatusServiceUnavailable,
	CodeNoBaseline:          http.StatusServiceUnavailable,
	CodeTerminalUnsupported: http.StatusUnprocessableEntity,

	CodeApproved:         http.StatusOK,
	CodeDeclined:         http.StatusOK,
	CodeCancelled:        http.StatusOK,
	CodeNAK:              http.StatusOK,
	CodeAmountDiffers:    http.StatusOK,
	CodeLineLost:         http.StatusOK,
	CodeNoAnswer:         http.StatusOK,
	CodeDamagedAnswer:    http.StatusOK,
	CodeOddAnswer:        http.StatusOK,
	CodeRestarted:        http.StatusOK,
	CodeAwaitingPeople:   http.StatusOK,
	CodeByEvidence:       http.StatusOK,
	CodeLedgerNotWritten: http.StatusOK,
	CodeByPeople:         http.StatusOK,
	CodeResolutionParked: http.StatusOK,
	CodeReversed:         http.StatusOK,
	CodeReversalRefused:  http.StatusOK,
	CodeReversalUnknown:  http.StatusOK,

	CodeReceiptLate:          http.StatusOK,
	CodePaidElsewhere:        http.StatusOK,
	CodeChannelUnproven:      http.StatusOK,
	CodeReceiptAmount:        http.StatusOK,
	CodeReceiptUncharged:     http.StatusOK,
	CodeReceiptTwice:         http.StatusOK,
	CodeDebtAnomalous:        http.StatusOK,
	CodeNoticeWithdrawn:      http.StatusOK,
	CodeAckNotWritten:        http.StatusOK,
	CodeExclusivityLost:      http.StatusOK,
	CodeNoticesNotSent:       http.StatusOK,
	CodeLateCharge:           http.StatusOK,
	CodeDoubleCharge:         http.StatusOK,
	CodeReceiptAfterReversal: http.StatusOK,
	CodeChargeContradicted:   http.StatusOK,
	CodeChargeUndone:         http.StatusOK,
	CodeChargeSuspected:      http.StatusOK,
	CodeClosingDiffers:       http.StatusOK,
	CodeClosingUnknown:       http.StatusOK,
	CodeProviderMissing:      http.StatusOK,

	CodeLedgerRestored:      http.StatusConflict,
	CodeRestoreTerminals:    http.StatusConflict,
	CodeRestorePlatform:     http.StatusConflict,
	CodeRestoreGap:          http.StatusConflict,
	CodeRestoreNoGap:        http.StatusConflict,
	CodeInstallationMoved:   http.StatusConflict,
	CodeFreshReceipts:       http.StatusOK,
	CodeInstallationRetired: http.StatusOK,

	CodeDiskFull:        http.StatusInsufficientStorage,
	CodeLedgerDamaged:   http.StatusInternalServerError,
	CodeLedgerInUse:     http.StatusInternalServerError,
	CodeStopping:        http.StatusServiceUnavailable,
	CodeUnauthorized:    http.StatusUnauthorized,
	CodeSessionLocked:   http.StatusUnauthorized,
	CodeBadCredentials:  http.StatusUnauthorized,
	CodeThrottled:       http.StatusTooManyRequests,
	CodeForbiddenRole:   http.StatusForbidden,
	CodeOperatorNeeded:  http.StatusForbidden,
	CodeForbiddenHost:   http.StatusMisdirectedRequest,
	CodeForbiddenOrigin: http.StatusForbidden,
	CodeNotFound:        http.StatusNotFound,
	CodeMethod:          http.StatusMethodNotAllowed,
	CodeNotServed:       http.StatusNotImplemented,
	CodeInternal:        http.StatusInternalServerError,

	CodeNothingToAttest:    http.StatusConflict,
	CodePrinterMissing:     http.StatusConflict,
	CodePrinterUnreachable: http.StatusServiceUnavailable,
	CodePrinterForbidden:   http.StatusServiceUnavailable,
	CodePrinterPaper:       http.StatusServiceUnavailable,
	CodePrinterCover:       http.StatusServiceUnavailable,
	CodePrinterFault:       http.StatusServiceUnavailable,
	CodePrinterInterrupted: http.StatusServiceUnavailable,
	CodePrinterQueueFull:   http.StatusServiceUnavailable,

	CodePlatformWrongSetup:     http.StatusBadGateway,
	CodeNoticeMultiBeneficiary: http.StatusConflict,
	CodeNoticeAttemptStuck:     http.StatusConflict,
	CodeCartTwoStations:        http.StatusConflict,
	CodeSamePosition:           http.StatusConflict,
	CodeSamePlan:               http.StatusConflict,
	CodeNotVerified:            http.StatusConflict,
	CodeWeakVerification:       http.StatusOK,
	CodeAmountMayChange:        http.StatusOK,

	CodeReceiptMissing:       http.StatusOK,
	CodeAwaitingConfirmation: http.StatusOK,
	CodeRegistrationPoisoned: http.StatusOK,
	CodeSubmissionRefused:    http.StatusOK,
	CodeSubmissionBlocked:    http.StatusOK,
	CodeSubmissionUnsure:     http.StatusOK,
	CodeSubmissionWrongSetup: http.StatusOK,

	CodeTroubleUnexpected:  http.StatusBadGateway,
	CodeTroubleNotice:      http.StatusConflict,
	CodeTroubleData:        http.StatusUnprocessableEntity,
	CodeTroubleCreditor:    http.StatusBadGateway,
	CodeTroubleInProgress:  http.StatusConflict,
	CodeTroubleExpired:     http.StatusConflict,
	CodeTroubleRevoked:     http.StatusConflict,
	CodeTroublePaid:        http.StatusConflict,
	CodeTroubleNotOnRecord: http.StatusNotFound,

	CodeOfflineNotAllowed:      http.StatusConflict,
	CodeOfflineNotOpen:         http.StatusConflict,
	CodeOfflineAlreadyOpen:     http.StatusConflict,
	CodeOfflineLimitAmount:     http.StatusConflict,
	CodeOfflineLimitTotal:      http.StatusConflict,
	CodeOfflineLimitPayments:   http.StatusConflict,
	CodeOfflineLimitHours:      http.StatusConflict,
	CodeOfflineNeedsVerified:   http.StatusConflict,
	CodeOfflineUnknowable:      http.StatusConflict,
	CodeOfflineNoAmount:        http.StatusConflict,
	CodeOfflineUnverified:      http.StatusOK,
	CodeOfflineCharged:         http.StatusOK,
	CodeOfflinePlatformAnswers: http.StatusOK,

	CodeServiceNotFound:        http.StatusNotFound,
	CodeFormInvalid:            http.StatusUnprocessableEntity,
	CodeDebtorInvalid:          http.StatusUnprocessableEntity,
	CodePositionAlreadyPaid:    http.StatusConflict,
	CodePositionExistsOther:    http.StatusConflict,
	CodeSearchDebtorNeeded:     http.StatusUnprocessableEntity,
	CodeReceiptPDFMissing:      http.StatusNotFound,
	CodeChannelNotHeld:         http.StatusConflict,
	CodeTerminalAwaited:        http.StatusConflict,
	CodeResolutionContradicted: http.StatusConflict,
	CodeNothingToFree:          http.StatusConflict,
	CodeTerminalFreed:          http.StatusOK,
	CodeOfflineNothingOpen:     http.StatusConflict,
	CodeNoProposal:             http.StatusConflict,
	CodeNotRejected:            http.StatusConflict,
	CodeReceiptAwaited:         http.StatusNotFound,
	CodeNoSuchNotice:           http.StatusNotFound,
	CodeChannelConfirmed:       http.StatusOK,
}
