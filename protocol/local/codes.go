package local

// Input: the code typed or scanned. Nothing was asked of platform or terminal.
const (
	CodeBadRequest         Code = "bad_request"          // body not JSON, too large, unknown field
	CodeRequestIDMissing   Code = "request_id_missing"   //
	CodeCardNumber         Code = "card_number"          // a note or a proof holds what may be a card number
	CodeRequestIDReused    Code = "request_id_reused"    // same id, another body: 409
	CodeCodeUnreadable     Code = "code_unreadable"      // neither notice, QR, Data Matrix nor GS1-128
	CodeNoticeCheckDigits  Code = "notice_check_digits"  // typed with wrong check digits
	CodeIUVTyped           Code = "iuv_typed"            // 17 digits: the IUV, not the notice number
	CodeNoticeLength       Code = "notice_length"        //
	CodeNoticePlaceholder  Code = "notice_placeholder"   // all zeros
	CodeOtherCreditor      Code = "other_creditor"       // a creditor this counter does not take payments for
	CodeTooManyNotices     Code = "too_many_notices"     // more than the terminal takes in one charge
	CodeDuplicateNotice    Code = "duplicate_notice"     // twice in one request
	CodeAmountRange        Code = "amount_range"         // the total is not 0,01 to 999.999,99 euro
	CodeScanRepaired       Code = "scan_repaired"        // warning: scanner keyboard layout
	CodeCheckDigitsWarning Code = "check_digits_warning" // warning: scanned with wrong check digits
)

// The platform's word about a debt.
const (
	CodeNoticeUnknown          Code = "notice_unknown"           // 404: unknown, or its owner could not be asked
	CodeNoticePaid             Code = "notice_paid"              //
	CodeNoticeExpired          Code = "notice_expired"           //
	CodeNoticeCancelled        Code = "notice_cancelled"         //
	CodeNoticeAnomalous        Code = "notice_anomalous"         // ANOMALA: paid and irregular
	CodeNoticeStateUnknown     Code = "notice_state_unknown"     // a state this version does not know
	CodeNoticeInProgress       Code = "notice_in_progress"       // somebody has a recent attempt open
	CodeNoticeStampDuty        Code = "notice_stamp_duty"        //
	CodeNoticeAmountZero       Code = "notice_amount_zero"       //
	CodeAmountChanged          Code = "amount_changed"           // 409 with the new amount
	CodeAmountPrintDiffers     Code = "amount_print_differs"     // warning: printed and actual amounts differ
	CodePlatformUnavailable    Code = "platform_unavailable"     // down, slow, cut, 5xx
	CodePlatformNotJSON        Code = "platform_not_json"        // HTML or junk
	CodePlatformPassword       Code = "platform_password"        // 401
	CodePlatformForbidden      Code = "platform_forbidden"       // 403
	CodePlatformAddress        Code = "platform_address"         // wrong base URL
	CodePlatformCertificate    Code = "platform_certificate"     // TLS cannot be verified
	CodePlatformWrongSetup     Code = "platform_wrong_setup"     // POST /pagamenti answered as for a citizen's payment: settlement platform cannot work here
	CodeNoticeMultiBeneficiary Code = "notice_multi_beneficiary" // a share goes to another body: settlement platform cannot register it
	CodeNoticeAttemptStuck     Code = "notice_attempt_stuck"     // an attempt opened long ago that nobody closed
	CodeCartTwoStations        Code = "cart_two_stations"        // two creditors in one submission
	CodeSamePosition           Code = "same_position"            // the same debt twice, under two numbers
	CodeSamePlan               Code = "same_plan"                // a plan's whole, or another threshold, beside a part of it
	CodeNotVerified            Code = "not_verified"             // a row of a search: it must be looked up before it is charged
	CodeWeakVerification       Code = "weak_verification"        // warning: the interface that answered shows less; the reason says what (GapText)
	CodeAmountMayChange        Code = "amount_may_change"        // warning: the terminal verifies again and may ask for another amount
)

// Locks of ours.
const (
	CodeNoticeLocked            Code = "notice_locked"                // a payment of ours holds it (sent, unknown, charged)
	CodeTerminalBusy            Code = "terminal_busy"                // a payment is in hand
	CodeTerminalLocked          Code = "terminal_locked"              // an unknown holds it
	CodeNeedsAdopt              Code = "terminal_unknown_transaction" // design 5.7
	CodeTerminalUnknown         Code = "terminal_not_found"           // no terminal of that name
	CodeStateChanged            Code = "state_changed"                // what the request rests on has changed meanwhile: 409
	CodeNotCommissioned         Code = "not_commissioned"             // no passport, or its LRC scope is not proven: it takes no payment
	CodePassportChanged         Code = "passport_changed"             // another id, software or LRC scope than in the passport; also a case
	CodePassportLearned         Code = "passport_learned"             // other software than in the passport: learned again by itself
	CodeTerminalUnproven        Code = "terminal_unproven"            // one outstanding charge until the first receipt (design 5.6)
	CodeTerminalWithoutReceipts Code = "terminal_without_receipts"    // stopped: three charges without a receipt; also a case
	CodeNotReversible           Code = "not_reversible"               // the reason says why (NotReversibleText)
	CodeNeedsTwoPeople          Code = "needs_two_people"             // a proposal waits for another person's signature
	CodeSamePerson              Code = "same_person"                  // who proposed may not countersign
	CodeReceiptWitness          Code = "receipt_witness"              // a receipt of our provider bars "not charged" (design 5.2)
	CodeResolutionTooEarly      Code = "resolution_too_early"         // "not charged" while the terminal may be at it still: 409
)

// The terminal before the charge.
const (
	CodeTerminalUnreachable Code = "terminal_unreachable"
	CodeTerminalSilent      Code = "terminal_silent"
	CodeNotATerminal        Code = "not_a_terminal"
	CodeWrongTerminal       Code = "wrong_terminal"
	CodeWrongScope          Code = "wrong_lrc"
	CodeTerminalNotReady    Code = "terminal_not_ready"
	CodeTerminalRefused     Code = "terminal_refused"
	CodeTerminalConfig      Code = "terminal_config"
	CodeNoBaseline          Code = "terminal_no_baseline"
	CodeTerminalUnsupported Code = "terminal_unsupported" // this terminal cannot do that operation
)

// Outcomes of a charge.
const (
	CodeApproved         Code = "approved"
	CodeDeclined         Code = "declined"           // by issuer or terminal; the text says why
	CodeCancelled        Code = "cancelled"          // the terminal says: cancelled
	CodeNAK              Code = "nak"                // the terminal refused the command, and the check found nothing
	CodeAmountDiffers    Code = "amount_differs"     // charged with another amount
	CodeLineLost         Code = "line_lost"          // after sending
	CodeNoAnswer         Code = "no_answer"          // time-out after sending
	CodeDamagedAnswer    Code = "damaged_answer"     //
	CodeOddAnswer        Code = "odd_answer"         // 09, unknown code, contradictory, amount zero
	CodeRestarted        Code = "restarted"          // the service stopped in the middle
	CodeAwaitingPeople   Code = "awaiting_people"    // evidence does not decide
	CodeByEvidence       Code = "by_evidence"        // decided by the terminal's saved result
	CodeLedgerNotWritten Code = "ledger_not_written" // charged, but the disk refuses
	CodeByPeople         Code = "by_people"          // decided by the people in resolved_by
	CodeResolutionParked Code = "resolution_parked"  // people do not know either; the notice stays locked
	CodeReversed         Code = "reversed"           // the terminal has given the money back
	CodeReversalRefused  Code = "reversal_refused"   // the charge stands
	CodeReversalUnknown  Code = "reversal_unknown"   // what became of a reversal is not known
)

// Registration.
const (
	CodeReceiptLate          Code = "receipt_late"           // past receipt due
	CodePaidElsewhere        Code = "paid_elsewhere"         // a positive receipt of another provider
	CodeChannelUnproven      Code = "channel_unproven"       // our provider, another channel
	CodeReceiptAmount        Code = "receipt_amount"         // our provider, another amount
	CodeReceiptUncharged     Code = "receipt_uncharged"      // receipt for an attempt that ended not charged
	CodeReceiptTwice         Code = "receipt_twice"          // a second receipt of our provider for a charge that is registered by another
	CodeDebtAnomalous        Code = "debt_anomalous"         // the platform calls a notice irregular (ANOMALA) that is charged and registered; a case
	CodeNoticeWithdrawn      Code = "notice_withdrawn"       // the creditor has withdrawn a notice that is charged and waits for its receipt; a case
	CodeAckNotWritten        Code = "ack_not_written"        // check first
	CodeExclusivityLost      Code = "exclusivity_lost"       // somebody else uses the terminal
	CodeNoticesNotSent       Code = "notices_not_sent"       // charged, but the provider was not told which notices: no receipt comes by itself
	CodeLateCharge           Code = "late_charge"            // a later fact turned not charged into charged
	CodeDoubleCharge         Code = "double_charge"          // a later fact shows two charges for one notice
	CodeReceiptAfterReversal Code = "receipt_after_reversal" // registered and given back
	CodeChargeContradicted   Code = "charge_contradicted"    // a later fact speaks against a charge
	CodeChargeUndone         Code = "charge_undone"          // the terminal shows the charge reversed by others
	CodeChargeSuspected      Code = "charge_suspected"       // the terminal remembers a sale that fits an attempt held for not charged
	CodeClosingDiffers       Code = "closing_differs"        // totals of a close against the ledger's
	CodeClosingUnknown       Code = "closing_unknown"        // what became of a close is not known
	CodeProviderMissing      Code = "psp_missing"            // charged on a terminal that has no provider any more: its receipt is not looked for
	CodeReceiptMissing       Code = "receipt_missing"        // past flow due (design 10); also a case
	CodeAwaitingConfirmation Code = "awaiting_confirmation"  // submitted only when the terminal has confirmed the charge, whose ACK could not be written
	CodeRegistrationPoisoned Code = "registration_poisoned"  // its look fails on our side again and again: tried once an hour; also a case
	CodeSubmissionRefused    Code = "submission_refused"     // the platform will not take it; the reason says why
	CodeSubmissionBlocked    Code = "submission_blocked"     // an attempt of somebody stands in the way (PAG_014)
	CodeSubmissionUnsure     Code = "submission_unsure"      // the platform may be at work on our call: no repeat before it has been looked
	CodeSubmissionWrongSetup Code = "submission_wrong_setup" // as platform_wrong_setup, of a charge that has been made; also a case
)

// A ledger that is a copy, or that another PC goes on with (design 5.7).
const (
	CodeLedgerRestored      Code = "ledger_restored"      // the cause: nothing is charged before terminals and platform were read
	CodeRestoreTerminals    Code = "restore_terminals"    // a terminal was not read yet
	CodeRestorePlatform     Code = "restore_platform"     // the platform's receipts since the copy were not read yet
	CodeRestoreGap          Code = "restore_gap"          // a terminal remembers what the copy does not know; also a case
	CodeRestoreNoGap        Code = "restore_no_gap"       // nothing is to be brought into the ledger
	CodeInstallationMoved   Code = "installation_moved"   // another PC goes on with this ledger; also a case
	CodeFreshReceipts       Code = "fresh_receipts"       // what the platform shows before a ledger without payments adopts a terminal
	CodeInstallationRetired Code = "installation_retired" // a terminal shows that a retired installation is still at work; a case
)

// The service and its guards.
const (
	CodeDiskFull        Code = "disk_full"
	CodeLedgerDamaged   Code = "ledger_damaged"
	CodeLedgerInUse     Code = "ledger_in_use" // a second instance on the same data
	CodeStopping        Code = "stopping"
	CodeUnauthorized    Code = "unauthorized"
	CodeSessionLocked   Code = "session_locked" // signed in, but the desk is locked until the PIN is given again
	CodeBadCredentials  Code = "bad_credentials"
	CodeThrottled       Code = "throttled"
	CodeForbiddenRole   Code = "forbidden_role"
	CodeOperatorNeeded  Code = "operator_needed" // the decision bears a name: the command line's own token has none
	CodeForbiddenHost   Code = "forbidden_host"
	CodeForbiddenOrigin Code = "forbidden_origin"
	CodeNotFound        Code = "not_found"
	CodeMethod          Code = "method_not_allowed"
	CodeNotServed       Code = "not_served" // 501: comes with a later version
	CodeInternal        Code = "internal"
)

// What a fault of the platform says about a notice: nine troubles, as pagoPA folds its codes. The raw code
// stands small beside (Error.Detail).
const (
	CodeTroubleUnexpected  Code = "trouble_unexpected"    // technical, or a code nobody knows
	CodeTroubleNotice      Code = "trouble_notice"        // it cannot be paid this way
	CodeTroubleData        Code = "trouble_data"          // malformed or inconsistent data
	CodeTroubleCreditor    Code = "trouble_creditor"      // the creditor's set-up, or its system does not answer
	CodeTroubleInProgress  Code = "trouble_in_progress"   // somebody is paying it, or a token is still alive
	CodeTroubleExpired     Code = "trouble_expired"       //
	CodeTroubleRevoked     Code = "trouble_revoked"       //
	CodeTroublePaid        Code = "trouble_paid"          //
	CodeTroubleNotOnRecord Code = "trouble_not_on_record" //
)

// Taking cards while the platform is away (design 8).
const (
	CodeOfflineNotAllowed      Code = "offline_not_allowed"      // the configuration does not allow it
	CodeOfflineNotOpen         Code = "offline_not_open"         // the platform is away and no period is open
	CodeOfflineAlreadyOpen     Code = "offline_already_open"     //
	CodeOfflineLimitAmount     Code = "offline_limit_amount"     // of one payment
	CodeOfflineLimitTotal      Code = "offline_limit_total"      // of the period
	CodeOfflineLimitPayments   Code = "offline_limit_payments"   // likewise
	CodeOfflineLimitHours      Code = "offline_limit_hours"      // the period has run out
	CodeOfflineNeedsVerified   Code = "offline_needs_verified"   // not verified here within offline.verified_within
	CodeOfflineUnknowable      Code = "offline_unknowable"       // multi-beneficiary, stamp duty, instalment, expired
	CodeOfflineNoAmount        Code = "offline_no_amount"        // the code read carries no amount
	CodeOfflineUnverified      Code = "offline_unverified"       // a lookup's warning: the platform was not asked, and the debt may be charged all the same
	CodeOfflineCharged         Code = "offline_charged"          // charged without the platform's word: registration is pending
	CodeOfflinePlatformAnswers Code = "offline_platform_answers" // a lookup's warning: a period is open, but the platform answers: the normal way
)

// Finding and creating debts, their papers, a channel.
const (
	CodeServiceNotFound        Code = "service_not_found"            //
	CodeFormInvalid            Code = "form_invalid"                 // field and reason say what (FormText)
	CodeDebtorInvalid          Code = "debtor_invalid"               // tax code or name of who owes; field says which
	CodePositionAlreadyPaid    Code = "position_already_paid"        // the debt of this request was created and paid before
	CodePositionExistsOther    Code = "position_exists_other"        // its identifier belongs to another debt
	CodeSearchDebtorNeeded     Code = "search_debtor_needed"         // a search without a tax code
	CodeReceiptPDFMissing      Code = "receipt_pdf_missing"          // the platform has none, or does not give it now
	CodeChannelNotHeld         Code = "channel_not_held"             // no receipt is held for that channel
	CodeTerminalAwaited        Code = "terminal_awaited_transaction" // what the terminal remembers may be a payment of unknown outcome
	CodeResolutionContradicted Code = "resolution_contradicted"      // what was typed is not what the terminal says
	CodeNothingToFree          Code = "nothing_to_free"              // no unknown outcome holds the terminal
	CodeTerminalFreed          Code = "terminal_freed"               // the terminal may go on, the notice of its payment may not
	CodeOfflineNothingOpen     Code = "offline_nothing_open"         // there is no period to close
	CodeNoProposal             Code = "no_proposal"                  // there is nothing to sign yet
	CodeNotRejected            Code = "not_rejected"                 // a case without a rejected notice: nothing can be submitted again
	CodeReceiptAwaited         Code = "receipt_awaited"              // the notice's pagoPA receipt has not come yet
	CodeNoSuchNotice           Code = "no_such_notice"               // the payment has fewer notices
	CodeChannelConfirmed       Code = "channel_confirmed"            // receipts on it are our provider's from now on
)

// Papers, and the service's printer. None of them ever has to do with the money.
const (
	CodeNothingToAttest    Code = "nothing_to_attest"   // not charged, or not known to be: no paper can say so
	CodePrinterMissing     Code = "printer_missing"     // the configuration names none
	CodePrinterUnreachable Code = "printer_unreachable" // switched off, no cable, wrong address
	CodePrinterForbidden   Code = "printer_forbidden"   // the system does not let the service use it
	CodePrinterPaper       Code = "printer_paper"       // out of paper
	CodePrinterCover       Code = "printer_cover"       // its cover is open
	CodePrinterFault       Code = "printer_fault"       // it reports a fault
	CodePrinterInterrupted Code = "printer_interrupted" // it stopped in the middle: part may be printed
	CodePrinterQueueFull   Code = "printer_queue_full"  // too many papers wait for it
)
