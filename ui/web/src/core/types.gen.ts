// Generated from protocol/local by `go generate ./protocol/local`. Do not edit.

/** PaymentQuery selects payments; the newest come first. What is given must all be so. */
export interface PaymentQuery {
  state?: State;
  day?: string; // 2006-01-02 by creation; the same as from and to
  from?: string; // 2006-01-02 by creation, included
  to?: string; // likewise
  notice?: string; // digits of a notice number: all, or the first
  iuv?: string; // likewise of an IUV
  stan?: string; // of the charge or its reversal; leading zeros do not matter
  amount_cents?: number; // of the payment, of one of its notices, or charged
  registration?: Registration; // of one of its notices
  operator?: string; // id of who asked for it
  terminal?: string; // name
  reference?: string; // as printed on the slip
  receipt_number?: string; // YEAR/N
  request_id?: string; // the one payment of that request, or none
  debtor?: string; // beginning of a tax code, or of words of a name: personal, never in a URL
  limit?: number;
  cursor?: string; // of the page before: its header Sportello-Next
}

/** StoryEntry is one step of a payment's story, as it was written: what, when, who, why. No raw bytes. */
export interface StoryEntry {
  seq: number;
  at: string;
  kind: string; // of the ledger's entry
  text: string; // the kind in plain words
  by: string[]; // operators; none: the service itself
  state?: State; // of the payment from then on; absent: as it was
  notice?: number; // the payment's first is 1; absent: all, or none
  registration?: Registration; // of that notice; absent: as it was
  reason?: Reason; // why; of a case its cause
  amount_cents?: number;
  stan?: string;
  auth_code?: string;
  receipt_number?: string; // taken then
  offline?: boolean;
  acked?: boolean; // the terminal was told that we have its result
  slip?: boolean; // the terminal's slip came
  receipt_id?: string;
  submission?: number; // number of the call to the platform
  platform_id?: string; // of the payment, by the platform
  fault?: string; // the platform's code, to be shown small
  unsure?: boolean;
  transactions?: string[]; // the platform's names of the calls
  case?: string; // id
  ending?: string; // of the case, or proposed for it
  answer?: string; // that a person proposed
  note?: string; // what people typed
  evidence?: Evidence[];
  erased?: boolean; // retention has taken what was personal
}

/** Language is what texts are written in. */
export type Language =
  | "it"
  | "en"
  | "de";

/** Evidence is one thing that is known about a payment, for the people who must decide (design 5.5). */
export interface Evidence {
  at: string;
  kind: string; // result, last_result, status, totals, ticket, line, receipt, alarm, clerk
  text: string; // what it is, in the operator's language
  detail?: string; // as the driver wrote it, technical and in English
  charge?: Charge; // what a saved result says
}

/** Answer is what people found out about an unknown payment or reversal: the one question of ECR17 6.8. */
export type Answer =
  | "charged"
  | "not_charged"
  | "unknown" // parked: the notice stays locked until somebody knows
  | "reversed" // the money went back
  | "not_reversed"; // the charge stands

/** Proposal is a person's answer that waits for another person's signature. */
export interface Proposal {
  answer?: Answer; // on a payment whose outcome, or whose reversal's, is not known
  ending?: string; // on a case: refunded, closed
  stan?: string;
  auth_code?: string;
  note?: string;
  by: string;
  at: string;
}

/** Reversal is a charge given back, or the request to. */
export interface Reversal {
  operator: string;
  sent_at: string; // durable; the terminal may have been asked
  stan?: string;
  ended_at?: string; // given back, or the charge stands; absent: not known yet
  free_at?: string; // the notices may be charged again from then on, unless a receipt arrives
}

/**
 * ResolutionRequest proposes what became of an unknown payment. EvidenceSeq is Payment.EvidenceSeq as the
 * person saw it: when more is known meanwhile the answer is refused (state_changed, 409). A charge for
 * which the terminal's own evidence speaks (Preset charged) needs one person; everything else needs two.
 */
export interface ResolutionRequest {
  request_id: string;
  evidence_seq: number;
  answer: Answer;
  stan?: string; // from the slip, with charged
  auth_code?: string; // likewise
  note?: string; // what was seen, and where
}

/**
 * CountersignRequest signs, or turns down, another person's proposal: of a payment's outcome or of a
 * case's ending. It must come from a supervisor who is not the one who proposed; that one may only turn it down.
 */
export interface CountersignRequest {
  request_id: string;
  evidence_seq: number; // as seen; of a case: Case.Seq
  accept: boolean;
}

/**
 * EndingRequest ends a case, with its proof. What leaves money with somebody who should not have it
 * (a charge that is not registered) needs two people; the others one supervisor, who suffices for resubmit always.
 */
export interface EndingRequest {
  request_id: string;
  seq: number; // Case.Seq as seen
  ending: string; // refunded, closed, resubmit
  proof: string; // number of the refund, protocol number, ...
}

/** Passport is what commissioning has found out about a terminal. */
export interface Passport {
  terminal_id: string;
  software?: string;
  scope: string;
  ack_form?: string;
  supports: string;
  refuses?: string;
  clock_offset_s: number; // terminal minus PC
  total_cents?: number;
  one_client?: string; // yes: a second connection gets no answer; absent: not known
  prints_reference?: string; // yes, no; absent: not known yet
  reprints?: string;
  totals_before: boolean;
  at: string;
  changed?: string[]; // fields that differ from the passport before
  pending?: boolean; // found, but not in force: another id or scope needs a supervisor's check
}

/** Closing is a closed session: the terminal's total and the host's against the ledger's. */
export interface Closing {
  at: string; // when the terminal answered
  state: string; // closed, refused, unknown
  proven_by_total?: boolean;
  terminal_cents?: number;
  host_cents?: number;
  ledger_cents: number; // charged minus reversed since the close before
  since?: string;
  payments: number; // of the ledger in it
  differences: ClosingDiff[];
  reason?: Reason;
  receipt?: string; // the closing slip
}

/** ClosingDiff is one difference and the payments that may explain it. */
export interface ClosingDiff {
  between: string; // terminal_ledger, host_ledger, terminal_host
  cents: number; // first minus second
  payments: string[];
  text: string;
}

/** Lease is who holds a terminal now. */
export interface Lease {
  holder: string; // status, last, totals, pay, resolve, reverse, close, detect, reprint
  operator?: string;
  since: string;
}

/** Code is a stable name of an error or a reason. People script against it: codes are added, never renamed. */
export type Code =
  | "bad_request" // body not JSON, too large, unknown field
  | "request_id_missing"
  | "card_number" // a note or a proof holds what may be a card number
  | "request_id_reused" // same id, another body: 409
  | "code_unreadable" // neither notice, QR, Data Matrix nor GS1-128
  | "notice_check_digits" // typed with wrong check digits
  | "iuv_typed" // 17 digits: the IUV, not the notice number
  | "notice_length"
  | "notice_placeholder" // all zeros
  | "other_creditor" // a creditor this counter does not take payments for
  | "too_many_notices" // more than the terminal takes in one charge
  | "duplicate_notice" // twice in one request
  | "amount_range" // the total is not 0,01 to 999.999,99 euro
  | "scan_repaired" // warning: scanner keyboard layout
  | "check_digits_warning" // warning: scanned with wrong check digits
  | "notice_unknown" // 404: unknown, or its owner could not be asked
  | "notice_paid"
  | "notice_expired"
  | "notice_cancelled"
  | "notice_anomalous" // ANOMALA: paid and irregular
  | "notice_state_unknown" // a state this version does not know
  | "notice_in_progress" // somebody has a recent attempt open
  | "notice_stamp_duty"
  | "notice_amount_zero"
  | "amount_changed" // 409 with the new amount
  | "amount_print_differs" // warning: printed and actual amounts differ
  | "platform_unavailable" // down, slow, cut, 5xx
  | "platform_not_json" // HTML or junk
  | "platform_password" // 401
  | "platform_forbidden" // 403
  | "platform_address" // wrong base URL
  | "platform_certificate" // TLS cannot be verified
  | "platform_wrong_setup" // POST /pagamenti answered as for a citizen's payment: settlement platform cannot work here
  | "notice_multi_beneficiary" // a share goes to another body: settlement platform cannot register it
  | "notice_attempt_stuck" // an attempt opened long ago that nobody closed
  | "cart_two_stations" // two creditors in one submission
  | "same_position" // the same debt twice, under two numbers
  | "same_plan" // a plan's whole, or another threshold, beside a part of it
  | "not_verified" // a row of a search: it must be looked up before it is charged
  | "weak_verification" // warning: the interface that answered shows less; the reason says what (GapText)
  | "amount_may_change" // warning: the terminal verifies again and may ask for another amount
  | "notice_locked" // a payment of ours holds it (sent, unknown, charged)
  | "terminal_busy" // a payment is in hand
  | "terminal_locked" // an unknown holds it
  | "terminal_unknown_transaction" // design 5.7
  | "terminal_not_found" // no terminal of that name
  | "state_changed" // what the request rests on has changed meanwhile: 409
  | "not_commissioned" // no passport, or its LRC scope is not proven: it takes no payment
  | "passport_changed" // another id, software or LRC scope than in the passport; also a case
  | "passport_learned" // other software than in the passport: learned again by itself
  | "terminal_unproven" // one outstanding charge until the first receipt (design 5.6)
  | "terminal_without_receipts" // stopped: three charges without a receipt; also a case
  | "not_reversible" // the reason says why (NotReversibleText)
  | "needs_two_people" // a proposal waits for another person's signature
  | "same_person" // who proposed may not countersign
  | "receipt_witness" // a receipt of our provider bars "not charged" (design 5.2)
  | "resolution_too_early" // "not charged" while the terminal may be at it still: 409
  | "terminal_unreachable"
  | "terminal_silent"
  | "not_a_terminal"
  | "wrong_terminal"
  | "wrong_lrc"
  | "terminal_not_ready"
  | "terminal_refused"
  | "terminal_config"
  | "terminal_no_baseline"
  | "terminal_unsupported" // this terminal cannot do that operation
  | "approved"
  | "declined" // by issuer or terminal; the text says why
  | "cancelled" // the terminal says: cancelled
  | "nak" // the terminal refused the command, and the check found nothing
  | "amount_differs" // charged with another amount
  | "line_lost" // after sending
  | "no_answer" // time-out after sending
  | "damaged_answer"
  | "odd_answer" // 09, unknown code, contradictory, amount zero
  | "restarted" // the service stopped in the middle
  | "awaiting_people" // evidence does not decide
  | "by_evidence" // decided by the terminal's saved result
  | "ledger_not_written" // charged, but the disk refuses
  | "by_people" // decided by the people in resolved_by
  | "resolution_parked" // people do not know either; the notice stays locked
  | "reversed" // the terminal has given the money back
  | "reversal_refused" // the charge stands
  | "reversal_unknown" // what became of a reversal is not known
  | "receipt_late" // past receipt due
  | "paid_elsewhere" // a positive receipt of another provider
  | "channel_unproven" // our provider, another channel
  | "receipt_amount" // our provider, another amount
  | "receipt_uncharged" // receipt for an attempt that ended not charged
  | "receipt_twice" // a second receipt of our provider for a charge that is registered by another
  | "debt_anomalous" // the platform calls a notice irregular (ANOMALA) that is charged and registered; a case
  | "notice_withdrawn" // the creditor has withdrawn a notice that is charged and waits for its receipt; a case
  | "ack_not_written" // check first
  | "exclusivity_lost" // somebody else uses the terminal
  | "notices_not_sent" // charged, but the provider was not told which notices: no receipt comes by itself
  | "late_charge" // a later fact turned not charged into charged
  | "double_charge" // a later fact shows two charges for one notice
  | "receipt_after_reversal" // registered and given back
  | "charge_contradicted" // a later fact speaks against a charge
  | "charge_undone" // the terminal shows the charge reversed by others
  | "charge_suspected" // the terminal remembers a sale that fits an attempt held for not charged
  | "closing_differs" // totals of a close against the ledger's
  | "closing_unknown" // what became of a close is not known
  | "psp_missing" // charged on a terminal that has no provider any more: its receipt is not looked for
  | "receipt_missing" // past flow due (design 10); also a case
  | "awaiting_confirmation" // submitted only when the terminal has confirmed the charge, whose ACK could not be written
  | "registration_poisoned" // its look fails on our side again and again: tried once an hour; also a case
  | "submission_refused" // the platform will not take it; the reason says why
  | "submission_blocked" // an attempt of somebody stands in the way (PAG_014)
  | "submission_unsure" // the platform may be at work on our call: no repeat before it has been looked
  | "submission_wrong_setup" // as platform_wrong_setup, of a charge that has been made; also a case
  | "ledger_restored" // the cause: nothing is charged before terminals and platform were read
  | "restore_terminals" // a terminal was not read yet
  | "restore_platform" // the platform's receipts since the copy were not read yet
  | "restore_gap" // a terminal remembers what the copy does not know; also a case
  | "restore_no_gap" // nothing is to be brought into the ledger
  | "installation_moved" // another PC goes on with this ledger; also a case
  | "fresh_receipts" // what the platform shows before a ledger without payments adopts a terminal
  | "installation_retired" // a terminal shows that a retired installation is still at work; a case
  | "disk_full"
  | "ledger_damaged"
  | "ledger_in_use" // a second instance on the same data
  | "stopping"
  | "unauthorized"
  | "session_locked" // signed in, but the desk is locked until the PIN is given again
  | "bad_credentials"
  | "throttled"
  | "forbidden_role"
  | "operator_needed" // the decision bears a name: the command line's own token has none
  | "forbidden_host"
  | "forbidden_origin"
  | "not_found"
  | "method_not_allowed"
  | "not_served" // 501: comes with a later version
  | "internal"
  | "trouble_unexpected" // technical, or a code nobody knows
  | "trouble_notice" // it cannot be paid this way
  | "trouble_data" // malformed or inconsistent data
  | "trouble_creditor" // the creditor's set-up, or its system does not answer
  | "trouble_in_progress" // somebody is paying it, or a token is still alive
  | "trouble_expired"
  | "trouble_revoked"
  | "trouble_paid"
  | "trouble_not_on_record"
  | "offline_not_allowed" // the configuration does not allow it
  | "offline_not_open" // the platform is away and no period is open
  | "offline_already_open"
  | "offline_limit_amount" // of one payment
  | "offline_limit_total" // of the period
  | "offline_limit_payments" // likewise
  | "offline_limit_hours" // the period has run out
  | "offline_needs_verified" // not verified here within offline.verified_within
  | "offline_unknowable" // multi-beneficiary, stamp duty, instalment, expired
  | "offline_no_amount" // the code read carries no amount
  | "offline_unverified" // a lookup's warning: the platform was not asked, and the debt may be charged all the same
  | "offline_charged" // charged without the platform's word: registration is pending
  | "offline_platform_answers" // a lookup's warning: a period is open, but the platform answers: the normal way
  | "service_not_found"
  | "form_invalid" // field and reason say what (FormText)
  | "debtor_invalid" // tax code or name of who owes; field says which
  | "position_already_paid" // the debt of this request was created and paid before
  | "position_exists_other" // its identifier belongs to another debt
  | "search_debtor_needed" // a search without a tax code
  | "receipt_pdf_missing" // the platform has none, or does not give it now
  | "channel_not_held" // no receipt is held for that channel
  | "terminal_awaited_transaction" // what the terminal remembers may be a payment of unknown outcome
  | "resolution_contradicted" // what was typed is not what the terminal says
  | "nothing_to_free" // no unknown outcome holds the terminal
  | "terminal_freed" // the terminal may go on, the notice of its payment may not
  | "offline_nothing_open" // there is no period to close
  | "no_proposal" // there is nothing to sign yet
  | "not_rejected" // a case without a rejected notice: nothing can be submitted again
  | "receipt_awaited" // the notice's pagoPA receipt has not come yet
  | "no_such_notice" // the payment has fewer notices
  | "channel_confirmed" // receipts on it are our provider's from now on
  | "nothing_to_attest" // not charged, or not known to be: no paper can say so
  | "printer_missing" // the configuration names none
  | "printer_unreachable" // switched off, no cable, wrong address
  | "printer_forbidden" // the system does not let the service use it
  | "printer_paper" // out of paper
  | "printer_cover" // its cover is open
  | "printer_fault" // it reports a fault
  | "printer_interrupted" // it stopped in the middle: part may be printed
  | "printer_queue_full"; // too many papers wait for it

/**
 * Error is a refusal with what to do about it. Message and Hint are in the operator's language; they
 * come from the catalogue (catalogue.go), so an Error made in the till carries only Code, Args and Detail.
 */
export interface ApiError {
  code: Code;
  message: string;
  hint?: string;
  /** Payment is the one that stands in the way, where there is one (e.g. notice_locked). */
  payment_id?: string;
  /** AmountCents is the platform's amount now (amount_changed). */
  amount_cents?: number;
  /** RetryAfter is in how many seconds the same may be asked again (resolution_too_early, throttled). */
  retry_after_s?: number;
  /** Detail is technical, shown small and logged; free of personal data and card numbers. */
  detail?: string;
}

/** State is where a payment stands. The states and what may follow what: design 4. */
export type State =
  | "open" // pre-flight; in memory only, nothing has left the PC
  | "sent" // may have been sent; durable
  | "unknown" // sent, and what became of it is not known
  | "charged" // by the terminal's word or by evidence
  | "not_charged" // likewise, or refused before anything was sent
  | "reversing"
  | "reversed";

/** Registration is what the platform knows of one notice of a payment. */
export type Registration =
  | "none"
  | "submitting"
  | "awaiting_receipt"
  | "registered"
  | "held"
  | "paid_elsewhere"
  | "rejected"
  | "closed";

/** Settlement says who tells pagoPA: the provider behind the terminal, or the platform on our call. */
export type Settlement =
  | "terminal"
  | "platform";

/** Reason is a stable code of the catalogue (codes.go) and a text in the operator's language. */
export interface Reason {
  code: string;
  text: string;
  hint?: string; // what to do now
}

/** Payment is one attempt to charge a card for one or more notices. */
export interface Payment {
  id: string;
  request_id: string;
  retry_of?: string;
  reference: string; // as printed on the slip
  installation: string;
  state: State;
  settlement: Settlement;
  amount_cents: number;
  terminal: string;
  operator: string;
  created_at: string;
  updated_at: string;
  accounting_day?: string; // 2006-01-02, by terminal host time
  receipt_number?: string; // YEAR/N, gapless, taken when charged
  notices: PaymentNotice[];
  charge?: Charge;
  reason?: Reason;
  preset?: State; // on unknown: what people will most likely find
  needs_people?: boolean;
  resolved_by: string[];
  has_receipt?: boolean; // the terminal's slip is kept
  evidence_seq?: number; // number of the newest thing known; see ResolutionRequest
  evidence?: Evidence[]; // on unknown, oldest first; in GET payments/{id} only
  proposal?: Proposal; // waits for a second person
  can_reverse?: boolean; // a supervisor may ask the terminal to give the money back
  reversal?: Reversal; // the newest one
  offline?: boolean; // charged while the platform was away, on the body's own decision (design 8)
  transactions?: string[]; // the platform's names of the calls that led here, for its support
  submission?: Submission; // settlement platform: the newest
}

/** PaymentNotice is one notice of a payment and its registration. */
export interface PaymentNotice {
  creditor: string; // 11 digits
  number: string; // 18 digits
  amount_cents: number;
  description?: string; // the debt's reason as the platform has it
  registration: Registration;
  receipt_id?: string; // pagoPA receipt id = payment token
  receipt_due?: string;
  late?: boolean; // past receipt due: amber (design 10)
  reason?: Reason;
  flow_due?: string;
  red?: boolean; // past flow due: somebody's case
  attempt_code?: string; // of our submission, by which a receipt is known as ours
  has_registration_receipt?: boolean; // the pagoPA receipt is kept
  has_pdf?: boolean; // and its PDF
  debtor?: string; // who owed, as kept: only in answers of POST payments/search
  debtor_tax_code?: string; // likewise
}

/** Charge is the terminal's word. PAN is masked. */
export interface Charge {
  stan: string;
  online_id: string;
  auth_code: string;
  pan: string;
  card: string;
  entry: string;
  action_code: string;
  amount_cents: number;
  host_time?: string;
  dcc?: DCC; // the citizen chose the card's own currency; amount_cents stays the euro amount
}

/**
 * DCC is what a citizen chose to pay in the currency of the card, as the terminal wrote it. It is for people,
 * never for sums.
 */
export interface DCC {
  currency: string; // USD
  amount: string; // 12 digits, in the smallest unit of the currency
  decimals: string; // 1 digit
  rate: string; // 8 digits, 4 of them decimals
}

/**
 * PaymentRequest asks to charge a card. Repeating it with the same RequestID returns the same payment;
 * with another body it is refused (request_id_reused).
 */
export interface PaymentRequest {
  request_id: string;
  terminal: string;
  retry_of?: string;
  notices: RequestNotice[];
}

/** RequestNotice is a notice to charge and the amount the clerk and the citizen have agreed on. */
export interface RequestNotice {
  creditor: string;
  number: string;
  expected_cents: number; // 0: whatever the platform says
}

/** LookupRequest is what the scanner or the clerk put in. */
export interface LookupRequest {
  code: string;
  /** Anyway looks a typed number up although its check digits are wrong (notice_check_digits). */
  anyway?: boolean;
}

/** Notice is a debt as the platform has it now, and what the counter may do with it. */
export interface Notice {
  creditor: string;
  creditor_name: string;
  number: string;
  description: string;
  debtor?: string;
  due_date?: string; // 2006-01-02
  amount_cents: number;
  printed_cents?: number; // from the QR; 0 when it carries none
  payable: boolean;
  reason?: Reason; // why not, or a warning
  warnings?: Reason[]; // amount changed since the print, scanner damage, check digits
  payment_id?: string; // ours that holds or settled this notice
  verified?: boolean; // the platform has said so now; absent: see verified_at and offline
  verified_at?: string; // when it was verified here last
  offline?: boolean; // not verified, and may be charged all the same (design 8)
  source?: string; // who answered: pagamento, backoffice, pendenze, ragioneria; ledger: an earlier answer
}

/** Receipt is the terminal's slip as kept. */
export interface Receipt {
  payment_id: string;
  text: string;
  complete: boolean;
}

/** SearchRequest asks for a debtor's open positions with one creditor. */
export interface SearchRequest {
  creditor?: string; // tax code; absent: the first configured one
  debtor: string; // tax code, exact: personal data, never in a URL
}

/** SearchResult is what the platform holds of a debtor. */
export interface SearchResult {
  positions: FoundPosition[];
  more: boolean; // there are more than are listed
  skipped: number; // rows that could not be understood, or were another debtor's
}

/**
 * FoundPosition is a row of a search. It shows neither attempts nor shares: look the notice up before it is
 * charged.
 */
export interface FoundPosition {
  creditor: string;
  number: string;
  description: string;
  debtor?: string;
  due_date?: string; // 2006-01-02
  amount_cents: number;
  state: string; // as the platform writes it
  payable: boolean; // as far as a search can tell
  reason?: Reason; // why not
}

/** Service is a debt that the counter can create: a spontaneous payment. */
export interface Service {
  id: string;
  name: string;
  creditor: string; // tax code
  amount_cents: number; // 0: asked of the clerk
  form: unknown; // JSON schema of CreateRequest.Fields; null: no fields
  source: string; // config, catalogue
}

/** Debtor is who owes what is created. Personal data: it goes to the platform and is not kept here. */
export interface Debtor {
  company?: boolean;
  tax_code: string;
  name: string;
  address?: string;
  number?: string;
  postcode?: string;
  town?: string;
  province?: string;
  country?: string; // two letters
  email?: string;
}

/**
 * CreateRequest creates a debt and gives its notice, ready for the cart. Repeating it with the same
 * RequestID creates nothing twice, also after a restart; with another body it is refused.
 */
export interface CreateRequest {
  request_id: string;
  service: string; // Service.ID
  creditor?: string; // absent: the service's
  debtor: Debtor;
  amount_cents?: number; // where the service has none
  reason?: string; // absent: the service's; no personal data
  fields?: Record<string, unknown>; // as the service's form asks: strings, numbers, true or false
}

/** NoticeRef names a notice whose paper is wanted. */
export interface NoticeRef {
  creditor?: string; // absent: the first configured one
  number: string;
}

/** Submission is the newest call by which the platform was asked to register a charge: settlement platform. */
export interface Submission {
  n: number; // 1 is the first
  at: string; // durable before the call
  answered?: string; // absent: the answer never came, or not yet
  platform_id?: string;
  fault?: string; // the platform's code, to be shown small
  unsure?: boolean; // the platform may be at work on it: it is looked at before any repeat
}

/**
 * QueueStatus is the queue of registrations in a few figures. Draining, Done and Total are about what had
 * gathered while the platform was away.
 */
export interface QueueStatus {
  depth: number; // notices whose registration is awaited
  late: number; // of these, past receipt due: amber
  red: number; // past flow due: somebody's case
  watched: number; // besides: attempts that ended not charged, watched for a receipt
  oldest?: string; // when the oldest of them was charged
  away: boolean; // the platform does not answer
  reason?: Reason; // why away
  next_try?: string;
  draining: boolean; // the platform is back and what had gathered is being worked off
  done: number;
  total: number;
}

/** RegistrationReceipt is the pagoPA receipt (RT) of one notice of a payment, as the platform gave it. */
export interface RegistrationReceipt {
  payment_id: string;
  creditor: string;
  number: string;
  receipt_id: string;
  at?: string; // when it was paid, by the receipt
  has_pdf?: boolean; // kept here; otherwise it is fetched when it is asked for
  /** RT is the receipt itself, whole, as the platform writes it: personal data. */
  rt: unknown;
}

/**
 * Offline is a period in which cards are charged although the platform does not answer, within limits
 * (design 8). Payments and Cents are what was charged in it, or may have been.
 */
export interface Offline {
  id: string;
  opened_by: string;
  opened_at: string;
  until: string; // it ends by itself
  reason: string;
  max_amount_cents: number; // of one payment
  max_total_cents: number;
  max_payments: number;
  verified_within_s?: number; // seconds; absent: also what was never verified here
  payments: number;
  cents: number;
  closed_at?: string;
  closed_by?: string; // absent with closed_at: it ran out
}

/**
 * OfflineRequest opens or closes a period of taking cards while the platform is away. Repeating it with the
 * same RequestID gives the same answer; with another body it is refused (request_id_reused).
 */
export interface OfflineRequest {
  request_id: string;
  action: string; // open, close
  reason?: string; // with open: why, in words; it stays in the ledger
}

/**
 * DayReport is what an accounting day (by the terminals' host time) has brought, as of MadeAt. Its ledger line
 * ties it to the journal: whoever holds the paper can prove later that nothing before it was changed.
 */
export interface DayReport {
  day: string; // 2006-01-02
  installation: string;
  made_at: string;
  ledger_head: string; // the chain's newest hash, hex
  ledger_entries: number; // in the journal
  first_receipt?: string; // our receipt numbers of the day: YEAR/N
  last_receipt?: string;
  totals: Figures;
  operators: Figure[];
  terminals: Figure[];
  /** Creditors count notices, and their amounts; DifferenceCents is what terminals have charged beside them. */
  creditors: Figure[];
  difference_cents: number;
  cases_opened: number; // that day
  cases_ended: number; // likewise
  cases_open: DayCase[]; // now, whenever opened
  lines: DayLine[]; // one a notice, in the order of the payments
}

/** Figure is one row of the figures: a clerk, a terminal or a creditor. */
export interface Figure {
  key: string;
  label: string;
  figures: Figures;
}

/**
 * Figures are the sums of a day. Net is charged minus reversed. The last four are of the charged notices, by what
 * the platform knows of them now.
 */
export interface Figures {
  charged: Sum;
  reversed: Sum;
  net_cents: number;
  unknown: Sum; // begun that day, and still not known
  not_charged: Sum;
  registered: Sum;
  awaiting: Sum;
  held: Sum; // held, paid elsewhere or rejected: somebody's case
  closed: Sum;
}

/** Sum is how many, and how much. */
export interface Sum {
  count: number;
  cents: number;
}

/** DayCase is an open case in a few words. */
export interface DayCase {
  id: string;
  payment_id?: string;
  cause: Reason;
  opened: string;
}

/** DayLine is one notice of a payment. */
export interface DayLine {
  payment_id: string;
  receipt_number?: string;
  accounting_day?: string;
  at: string; // of the charge, by the terminal's host; or when it was begun
  reference: string;
  state: State;
  reversed_at?: string;
  creditor: string;
  creditor_name: string;
  number: string;
  amount_cents: number;
  charged_cents: number; // of the whole payment; 0: nothing
  registration: Registration;
  receipt_id?: string;
  terminal: string;
  operator: string;
  stan?: string;
  auth_code?: string;
  pan?: string;
  settlement: Settlement;
  offline?: boolean;
}

/** PrintRequest asks the service's printer for a paper. Repeating it with the same RequestID prints nothing more. */
export interface PrintRequest {
  request_id: string;
  what: string; // slip, attestation
}

/** Printed is what became of a PrintRequest so far. */
export interface Printed {
  payment_id: string;
  what: string;
  done: boolean; // the printer has taken it; false: it waits, and Printer says for what
  printer: Printer;
}

/** Printer is the service's receipt printer. It never has to do with a payment. */
export interface Printer {
  light: Light;
  reason?: Reason;
  waiting: number; // papers
}

/**
 * RestoreStatus is what a ledger that was brought back from a copy waits for before anything is charged with it
 * (design 5.7). The list of receipts is for the people who look for what was charged after the copy.
 */
export interface RestoreStatus {
  open: boolean; // nothing keeps this ledger from charging
  reason?: Reason; // what is missing first
  case?: string; // that stands for the restore, or the move
  since?: string; // the newest entry of the copy
  retired?: string[]; // the codes of before
  terminals: RestoreTerminal[];
  platform?: RestorePlatform; // absent: not read yet
}

/** RestoreTerminal is what was seen of a terminal after a restore. */
export interface RestoreTerminal {
  name: string;
  read: boolean; // it has answered
  same: boolean; // it remembers what the copy knows: nothing was done on it since
  found?: string; // what it remembers
  case?: string; // the gap, while it is open
}

/** RestorePlatform is what the platform holds since the copy. */
export interface RestorePlatform {
  at: string; // when it was read
  receipts: number; // of all creditors, whoever took the money
  unknown: RestoreReceipt[]; // of our providers, and not in this ledger: of other counters, too
}

/** RestoreReceipt is a receipt that this ledger does not know. Nothing personal. */
export interface RestoreReceipt {
  creditor: string;
  number?: string; // of the notice, where the receipt says it
  iuv: string;
  amount_cents: number;
  paid_at: string;
  channel?: string;
}

/**
 * RestoreRequest brings a charge that was made after the copy into the ledger, from its slip or the list of
 * transactions. The same request_id is the same charge.
 */
export interface RestoreRequest {
  request_id: string;
  terminal: string;
  notices: RestoredNotice[];
  stan: string;
  auth_code?: string;
  at: string; // the terminal's time on the slip
}

/** RestoredNotice is a notice of such a charge. */
export interface RestoredNotice {
  creditor: string;
  number: string;
  amount_cents: number;
}

/** Role is what an operator may do (design 9). */
export type Role =
  | "clerk"
  | "supervisor";

/** Operator is who is asking. */
export interface Operator {
  id: string;
  name: string;
  role: Role;
}

/** Light is a part's state in one word. */
export type Light =
  | "ready"
  | "busy"
  | "not_ready"
  | "unknown"; // not asked yet

/** Terminal is a card terminal as the page shows it. */
export interface Terminal {
  name: string;
  label: string;
  light: Light;
  reason?: Reason;
  payment_id?: string; // in hand, or the unknown that locks it
  locked?: boolean; // an unknown holds it; see free
  can_free?: boolean; // its evidence is captured: a person may free the terminal
  needs_adopt?: boolean; // its last transaction is not known to this ledger (design 5.7)
  max_notices?: number; // in one card transaction; a longer cart is charged one after another. 0: one
  give_up_s?: number; // seconds: an outcome that is not known by then is for people to decide
  lease?: Lease; // who holds it now, and since when
  passport?: Passport; // absent: it was never commissioned
  unproven?: boolean; // no receipt of a payment made on it has come yet (design 5.6)
  stopped?: Reason; // charges without a receipt: it takes no more payments (design 5.6)
}

/** Activity is the payment a terminal has in hand and whose turn it is. */
export interface Activity {
  request_id: string;
  payment_id?: string; // empty until sent is durable
  terminal: string;
  phase: string; // connecting checking card pin bank receipt verifying
  text: string; // the terminal's own words, a hint
  since: string;
}

/** Platform is the regional platform as last seen. */
export interface Platform {
  light: Light;
  reason?: Reason;
  seen_at?: string;
}

/** Snapshot is everything a page needs to draw itself. Sequence is the number of the last event in it. */
export interface Snapshot {
  sequence: number;
  now: string;
  version: string;
  demo: boolean;
  language: string;
  creditors: Creditor[];
  operator: Operator;
  operators?: Operator[]; // all who may sign in, for their names
  terminals: Terminal[];
  platform: Platform;
  activities: Activity[];
  payments: Payment[]; // today's and every unfinished one, newest first
  queue?: QueueStatus;
  offline?: Offline; // the open period
  offline_allowed?: boolean; // the configuration lets a supervisor open one
  printer?: Printer; // the service's own; absent: it has none
}

/** Creditor is a public body this counter takes payments for. */
export interface Creditor {
  tax_code: string;
  name: string;
}

/** EventType says which field of an Event is set. */
export type EventType =
  | "snapshot"
  | "payment"
  | "activity" // Activity with an empty Phase: finished
  | "terminal"
  | "platform"
  | "queue"
  | "offline" // opened, charged in, or ended (closed_at)
  | "printer"
  | "cases"; // opened, proposed, ended

/** Event is one numbered change. Numbers have no holes; a client that misses one gets a new snapshot. */
export interface ServiceEvent {
  sequence: number;
  type: EventType;
  snapshot?: Snapshot;
  payment?: Payment;
  activity?: Activity;
  terminal?: Terminal;
  platform?: Platform;
  queue?: QueueStatus;
  offline?: Offline;
  printer?: Printer;
  cases?: CaseCount;
}

/**
 * CaseCount says how many cases are open. Newest moves with every entry about a case: who shows cases asks for
 * them again.
 */
export interface CaseCount {
  open: number;
  newest: number;
}

/** QueueItem is a notice whose registration is awaited. */
export interface QueueItem {
  payment_id: string;
  creditor: string;
  number: string;
  amount_cents: number;
  registration: Registration;
  since: string;
  next_try?: string;
  tries: number;
  late: boolean;
  reason?: Reason;
  receipt_due?: string;
  flow_due?: string;
  red?: boolean; // past flow due: somebody's case
  poisoned?: boolean; // its look fails on our side: one try an hour
  attempts?: number; // settlement platform: calls made to register it
}

/** Case is something that people must mend (design 7). */
export interface Case {
  id: string;
  payment_id?: string;
  terminal?: string; // the one it is about, if one
  cause: Reason;
  owner?: string;
  opened: string;
  due?: string;
  ended?: string;
  ending?: string;
  seq: number; // number of the newest entry about it; see EndingRequest
  evidence?: string; // what is known
  proof?: string; // of its ending
  ended_by?: string[];
  needs_two?: boolean; // its ending needs two people
  /** CanResubmit: the platform has rejected notices of it, which a supervisor may have submitted again. */
  can_resubmit?: boolean;
  proposal?: Proposal;
}

/** TerminalReport is the answer to an action on a terminal (status, last, totals, detect, reprint, close, closing, adopt, free, channel). */
export interface TerminalReport {
  terminal: Terminal;
  text: string; // what the terminal said, in the operator's language
  last?: Charge;
  total_cents?: number; // absent when the terminal gave none
  ledger_cents?: number; // totals: charged minus reversed since the last close, by the ledger
  passport?: Passport; // detect
  closing?: Closing; // close; closing: the last one, absent where there was none
  receipt?: Receipt; // reprint: the terminal's own copy; PaymentID only if it shows a reference of ours
}

/** SessionRequest signs an operator in. */
export interface SessionRequest {
  operator: string;
  pin: string;
}

/** Session is a signed-in operator. The token goes into the Authorization header and, first of all, into the WebSocket. */
export interface Session {
  token: string;
  operator: Operator;
}

/** Hello is a WebSocket client's first message. */
export interface Hello {
  token: string;
  since?: number; // last event it has
}

/** ErrorBody is every refusal's body. */
export interface ErrorBody {
  error: ApiError;
}

/**
 * ActionRequest is the body of a POST that needs nothing but to be told apart from its repeats. Repeating it
 * with the same RequestID gives the same answer; with another body it is refused (request_id_reused).
 */
export interface ActionRequest {
  request_id: string;
  /** QuietTotals, with detect: the installer has seen that asking for totals prints nothing. */
  quiet_totals?: boolean;
  /** Channel, with channel: the one to confirm for the terminal's provider (design 5.2). */
  channel?: string;
}

/** Health is what /healthz and /readyz answer. */
export interface Health {
  status: string; // ok, or not_ready
  version: string;
}
