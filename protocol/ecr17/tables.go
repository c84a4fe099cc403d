package ecr17

// fieldID names a value between a table row and a struct.
type fieldID uint8

// Texts come first: a value has room for one kind only.
const (
	fTID fieldID = iota
	fRegister
	fText
	fPreauth
	fSTAN
	fResult
	fPAN
	fEntry
	fAuth
	fHostTime
	fReason
	fVerifyAction
	fCardType
	fAcquirer
	fOnline
	fAction
	fRate
	fCurrency
	fForeign
	fDecimals
	fClock
	fReleases
	fISO
	fTag
	fIndex
	fTags
	firstNumber
)

const (
	fMore fieldID = firstNumber + iota
	fCardPresent
	fCardChoice
	fAmount
	fToECR
	fService
	fDCC
	fState
	fTotal
	fHostTotal
	fLength
	fSequence
	numFields

	fNone fieldID = 0xFE // reserved fields hold nothing
	fCode fieldID = 0xFF // the message code has a place of its own
)

// Lengths and positions that the code needs by name.
const (
	headerLen   = 10
	bodyAt      = 12 // offset of the body that the result code selects
	reasonWidth = 24
	maxTicket   = 200 // text bytes of one S
	maxTagBytes = 100 // contents of all tags of one U
	maxTags     = 4
	maxUData    = 255
	maxXML      = 1024
	maxReleases = maxMessage - 31
)

var header = []field{
	{fTID, "terminal_id", 1, 8, kindDigits, exact, need, "terminal id, 8 digits"},
	{fNone, "zero", 9, 1, kindFill, exact, 0, "reserved"},
	{fCode, "code", 10, 1, kindCode, exact, need, "message code"},
}

// Requests (ECR to terminal).

var (
	registerRow = field{fRegister, "cash_register", 11, 8, kindDigits, zerosLeft, need, "cash register id"}
	moreRow     = field{fMore, "additional_data", 19, 1, kindFlag, exact, need, "1 = a U message follows"}

	statusRequestTable = table("s status request", "s", 10)

	paymentTable = table("P/X/p payment request", "PXp", 167, []field{
		registerRow,
		moreRow,
		{fNone, "zeros", 20, 2, kindFill, exact, 0, "reserved"},
		{fCardPresent, "card_present", 22, 1, kindFlag, exact, need, "1 = card already in the reader"},
		{fCardChoice, "card_choice", 23, 1, kindNumber, zerosLeft, need, "0 any, 1 debit, 2 credit, 3 other"},
		{fAmount, "amount", 24, 8, kindNumber, zerosLeft, need | notZero, "amount in cents, 1 to 99999999"},
		{fText, "contract_text", 32, 128, kindText, blankLeft, 0, "text printed at the foot of the receipt"},
		{fNone, "zeros", 160, 8, kindFill, exact, 0, "reserved"},
	})

	incrementTable = table("i/c increment or closure request", "ic", 176, []field{
		registerRow,
		moreRow,
		{fNone, "zeros", 20, 4, kindFill, exact, 0, "reserved"},
		{fAmount, "amount", 24, 8, kindNumber, zerosLeft, need | notZero, "amount in cents, 1 to 99999999"},
		{fText, "contract_text", 32, 128, kindText, blankLeft, 0, "text printed at the foot of the receipt"},
		{fPreauth, "preauth_code", 160, 9, kindDigits, zerosLeft, need, "code of the original pre-authorisation"},
		{fNone, "zeros", 169, 8, kindFill, exact, 0, "reserved"},
	})

	verifyTable = table("H card verification request", "H", 39, []field{
		registerRow,
		moreRow,
		{fNone, "zeros", 20, 3, kindFill, exact, 0, "reserved"},
		{fCardChoice, "card_choice", 23, 1, kindNumber, zerosLeft, need, "0 any, 1 debit, 2 credit, 3 other"},
		{fNone, "zeros", 24, 16, kindFill, exact, 0, "reserved"},
	})

	reversalTable = table("S reversal request", "S", 26, []field{
		registerRow,
		{fSTAN, "stan", 19, 6, kindDigits, exact, need, "STAN to reverse; 000000 = the last one, unchecked"},
		{fMore, "additional_data", 25, 1, kindFlag, exact, need, "1 = a U message follows"},
		{fNone, "same_card", 26, 1, kindFill, exact, 0, "0 = the same card is required"},
	})

	sessionTable = table("T/C totals or close request", "TC", 26, []field{
		registerRow,
		moreRow,
		{fNone, "zeros", 20, 7, kindFill, exact, 0, "reserved"},
	})

	lastResultTable = table("G last result request", "G", 22, []field{
		registerRow,
		{fMore, "stored_data", 19, 1, kindFlag, exact, need, "1 = send the stored U answer too"},
		{fNone, "zeros", 20, 3, kindFill, exact, 0, "reserved"},
	})

	printSwitchTable = table("E print switch", "E", 11, []field{
		{fToECR, "to_ecr", 11, 1, kindFlag, exact, need, "1 = receipts go to the ECR"},
	})

	reprintTable = table("R reprint request", "R", 22, []field{
		{fToECR, "to_ecr", 11, 1, kindFlag, exact, need, "1 = the copy goes to the ECR"},
		{fService, "ticket", 12, 1, kindFlag, exact, need, "0 = last financial, 1 = last service ticket"},
		{fNone, "zeros", 13, 10, kindFill, exact, 0, "reserved"},
	})

	additionalDataTable = table("U additional data", "U", 36, []field{
		{fNone, "payment_type", 11, 6, kindFill, exact, 0, "reserved"},
		{fISO, "iso_field", 17, 2, kindDigits, exact, need, "ISO field of the wanted answer, 00 = none"},
		{fTag, "tag", 19, 8, kindText, blankRight, 0, "tag of the wanted answer"},
		{fNone, "zero", 27, 1, kindFill, exact, 0, "reserved"},
		{fIndex, "index_map", 28, 4, kindDigits, exact, need, "index of each tag content"},
		{fNone, "zeros", 32, 5, kindFill, exact, 0, "reserved"},
		{fTags, "tags", 37, maxTagBytes + maxTags, kindTicket, exact, need, "tag contents, each closed by ESC"},
	})

	vasRequestTable = table("K service request", "K", 26, []field{
		registerRow,
		{fNone, "zeros", 19, 4, kindFill, exact, 0, "reserved"},
		{fLength, "length", 23, 4, kindNumber, zerosLeft, need, "length of the XML in bytes"},
		{fText, "xml", 27, maxXML, kindXML, exact, 0, "request in XML"},
	})
)

// Answers (terminal to ECR).

var (
	statusAnswerTable = table("s status answer", "s", 31, []field{
		{fNone, "zeros", 11, 10, kindFill, exact, 0, "reserved"},
		{fClock, "clock", 21, 10, kindDigits, exact, orBlank, "terminal time DDMMYYhhmm"},
		{fState, "state", 31, 1, kindNumber, zerosLeft, 0, "terminal state"},
		{fReleases, "releases", 32, maxReleases, kindTail, exact, 0, "software releases, 8 characters each"},
	})

	totalsAnswerTable = table("T totals answer", "T", 34, []field{
		resultRow,
		{fTotal, "total", 13, 16, kindNumber, zerosLeft, 0, "terminal total in cents since the last close"},
		{fNone, "zeros", 29, 6, kindFill, exact, 0, "reserved"},
	})
	// A refusal has nothing to count: its total may be blank.
	totalsRefusedTable = table("T totals answer, not 00", "T", 34, []field{
		resultRow,
		{fTotal, "total", 13, 16, kindNumber, zerosLeft, orBlank, "terminal total in cents since the last close"},
		{fNone, "zeros", 29, 6, kindFill, exact, 0, "reserved"},
	})

	closeAnswerTable = table("C close answer", "C", 44, []field{
		resultRow,
		{fTotal, "total", 13, 16, kindNumber, zerosLeft, 0, "terminal total in cents"},
		{fHostTotal, "host_total", 29, 16, kindNumber, zerosLeft, 0, "host total in cents"},
	})
	closeRefusedTable = table("C close answer, not 00", "C", 44, []field{
		resultRow,
		{fReason, "reason", 13, 19, kindText, blankRight, 0, "reason in words"},
		{fAction, "action_code", 32, 3, kindDigits, exact, orBlank, "host action code"},
		{fNone, "zeros", 35, 10, kindFill, exact, 0, "reserved"},
	})

	ticketTable = table("S ticket text", "S", 10, []field{
		{fText, "text", 11, maxTicket, kindTicket, exact, 0, "ticket text with print controls"},
	})

	// Data and trailer follow by the declared length.
	additionalAnswerTable = table("U data from the host", "U", 19, []field{
		{fNone, "zeros", 11, 6, kindFill, exact, 0, "reserved"},
		{fLength, "length", 17, 3, kindNumber, zerosLeft, need, "length of the data in bytes"},
		{fText, "data", 20, maxUData + 10, kindXML, exact, 0, "data, then ten zeros"},
	})

	vasPartTable = table("K service answer", "K", 26, []field{
		{fNone, "zeros", 11, 4, kindFill, exact, 0, "reserved"},
		{fMore, "more", 15, 1, kindFlag, exact, need, "1 = more parts follow"},
		{fSequence, "sequence", 16, 3, kindNumber, zerosLeft, need | notZero, "number of the part from 1"},
		{fNone, "gap", 19, 4, kindFill, exact, 0, "not documented"},
		{fLength, "length", 23, 4, kindNumber, zerosLeft, need, "length of the XML in bytes"},
		{fText, "xml", 27, maxXML, kindXML, exact, 0, "answer in XML"},
	})
)
