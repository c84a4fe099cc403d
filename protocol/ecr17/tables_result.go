package ecr17

// Tables of the results (2.3 to 2.8). A result is header, body by result code,
// common fields, and what its class adds.

var resultRow = field{fResult, "result", 11, 2, kindDigits, exact, need, "result code, 00 = done"}

var (
	bodyDone = []field{
		resultRow,
		{fPAN, "pan", 13, panWidth, kindPAN, zerosLeft, 0, "card number, truncated"},
		{fEntry, "entry", 32, 3, kindText, blankRight, 0, "entry mode"},
		{fAuth, "auth_code", 35, 6, kindText, blankRight, 0, "authorisation code"},
		{fHostTime, "host_time", 41, 7, kindDigits, exact, orBlank, "host time DDDHHMM"},
	}
	bodyRefused = []field{
		resultRow,
		{fReason, "reason", 13, reasonWidth, kindText, blankRight, 0, "reason in words"},
		{fNone, "zeros", 37, 11, kindFill, exact, 0, "reserved"},
	}
	// In 71 bytes a card verification carries its action code here, a payment zeros.
	bodyRefused71 = []field{
		resultRow,
		{fReason, "reason", 13, reasonWidth, kindText, blankRight, 0, "reason in words"},
		{fVerifyAction, "verify_action_code", 37, 3, kindDigits, exact, orZeros, "host action code of a card verification"},
		{fNone, "zeros", 40, 8, kindFill, exact, 0, "reserved"},
	}
	bodyReversed = []field{
		resultRow,
		{fPAN, "pan", 13, panWidth, kindPAN, zerosLeft, 0, "card number, truncated"},
		{fEntry, "entry", 32, 3, kindText, blankRight, 0, "entry mode"},
		{fNone, "zeros", 35, 6, kindFill, exact, 0, "a reversal has no authorisation code"},
		{fHostTime, "host_time", 41, 7, kindDigits, exact, orBlank, "host time DDDHHMM"},
	}
	common = []field{
		{fCardType, "card_type", 48, 1, kindDigits, exact, orBlank, "card type, 0 = none read"},
		{fAcquirer, "acquirer", 49, 11, kindDigits, blankRight, orBlank, "acquirer id"},
		{fSTAN, "stan", 60, 6, kindDigits, exact, orBlank, "STAN"},
		{fOnline, "online_id", 66, 6, kindDigits, exact, orBlank, "number of the online operation"},
	}
	actionRow = field{fAction, "action_code", 72, 3, kindDigits, exact, orBlank, "host action code"}

	addReversal = []field{
		actionRow,
		{fNone, "zeros", 75, 10, kindFill, exact, 0, "reserved, not an amount"},
	}
	addClosure = []field{actionRow}
)

// addExtended and addPaymentDCC: an approval without a readable amount is
// nothing to act on (2.0 rule 3), a refusal needs none.
func addExtended(amount opt) []field {
	return []field{
		actionRow,
		{fAmount, "amount", 75, 8, kindNumber, zerosLeft, amount, "amount at the host, cents"},
		{fNone, "zeros", 83, 10, kindFill, exact, 0, "reserved"},
	}
}

func addPaymentDCC(amount opt) []field {
	return append([]field{
		actionRow,
		{fAmount, "amount", 75, 8, kindNumber, zerosLeft, amount, "original amount in euro cents"},
	}, addDCC(83)...)
}

// addDCC is the currency block of V (amount at 75, block at 83) and of v
// (no amount, block at 75).
func addDCC(at int) []field {
	return []field{
		{fDCC, "dcc", at, 1, kindFlag, exact, 0, "1 = charged in the card's currency"},
		{fRate, "rate", at + 1, 8, kindDigits, exact, orBlank, "exchange rate, 4 decimals"},
		{fCurrency, "currency", at + 9, 3, kindText, blankRight, 0, "currency of the card"},
		{fForeign, "foreign_amount", at + 12, 12, kindDigits, exact, orBlank, "amount in that currency"},
		{fDecimals, "decimals", at + 24, 1, kindDigits, exact, orBlank, "decimals of that currency"},
		{fNone, "zeros", at + 25, 10, kindFill, exact, 0, "reserved"},
	}
}

var (
	// commonPreauth stands where 2.6 resolves it: card type at 71.
	commonPreauth = []field{
		{fCardType, "card_type", 71, 1, kindDigits, exact, orBlank, "card type, 0 = none read"},
		{fAcquirer, "acquirer", 72, 11, kindDigits, blankRight, orBlank, "acquirer id"},
		{fSTAN, "stan", 83, 6, kindDigits, exact, orBlank, "STAN"},
		{fOnline, "online_id", 89, 6, kindDigits, exact, orBlank, "number of the online operation"},
		{fNone, "zeros", 95, 12, kindFill, exact, 0, "reserved"},
	}
	preauthDone = []field{
		resultRow,
		{fPAN, "pan", 13, panWidth, kindPAN, zerosLeft, 0, "card number, truncated"},
		{fEntry, "entry", 32, 3, kindText, blankRight, 0, "entry mode"},
		{fAuth, "auth_code", 35, 6, kindText, blankRight, 0, "authorisation code"},
		{fAmount, "amount", 41, 8, kindNumber, zerosLeft, need, "amount blocked, cents"},
		{fPreauth, "preauth_code", 49, 9, kindDigits, exact, orBlank, "pre-authorisation code"},
		{fAction, "action_code", 58, 3, kindDigits, exact, orBlank, "host action code"},
		{fHostTime, "host_time", 61, 7, kindDigits, exact, orBlank, "host time DDDHHMM"},
		{fNone, "zeros", 68, 3, kindFill, exact, 0, "reserved"},
	}
	preauthRefused = []field{
		resultRow,
		{fReason, "reason", 13, reasonWidth, kindText, blankRight, 0, "reason in words"},
		{fAction, "action_code", 37, 3, kindDigits, exact, orBlank, "host action code"},
		{fNone, "zeros", 40, 31, kindFill, exact, 0, "reserved"},
	}
	// incrementEnd has its own order (2.7).
	incrementEnd = []field{
		{fAcquirer, "acquirer", 35, 11, kindDigits, blankRight, orBlank, "acquirer id"},
		{fAuth, "auth_code", 46, 6, kindText, blankRight, 0, "authorisation code"},
		{fSTAN, "stan", 52, 6, kindDigits, exact, orBlank, "STAN"},
		{fOnline, "online_id", 58, 6, kindDigits, exact, orBlank, "number of the online operation"},
		{fHostTime, "host_time", 64, 7, kindDigits, exact, orBlank, "host time DDDHHMM"},
		{fAction, "action_code", 71, 3, kindDigits, exact, orBlank, "host action code"},
		{fNone, "zeros", 74, 2, kindFill, exact, 0, "reserved"},
	}
	incrementDone = []field{
		resultRow,
		{fPAN, "pan", 13, panWidth, kindPAN, zerosLeft, 0, "card number, truncated"},
		{fEntry, "entry", 32, 3, kindText, blankRight, 0, "entry mode"},
	}
	// No refused body is documented; a text is taken where one stands.
	incrementRefused = []field{
		resultRow,
		{fReason, "reason", 13, 22, kindText, blankRight, 0, "reason in words"},
	}
)

// resultTables are the two tables of a class: body of "00", body of the rest.
type resultTables struct{ done, refused *layout }

var classTables = [...]resultTables{
	ClassPayment: {
		table("E payment result, 71 bytes", "E", 71, bodyDone, common),
		table("E payment result, 71 bytes, not 00", "E", 71, bodyRefused71, common),
	},
	ClassExtended: {
		table("E extended payment result", "E", 92, bodyDone, common, addExtended(need)),
		table("E extended payment result, not 00", "E", 92, bodyRefused, common, addExtended(0)),
	},
	ClassPaymentDCC: {
		table("V payment result with currency data", "V", 117, bodyDone, common, addPaymentDCC(need)),
		table("V payment result with currency data, not 00", "V", 117, bodyRefused, common, addPaymentDCC(0)),
	},
	ClassReversal: {
		table("E reversal result", "E", 84, bodyReversed, common, addReversal),
		table("E reversal result, not 00", "E", 84, bodyRefused, common, addReversal),
	},
	ClassPreauth: {
		table("e pre-authorisation result", "e", 106, preauthDone, commonPreauth),
		table("e pre-authorisation result, not 00", "e", 106, preauthRefused, commonPreauth),
	},
	ClassIncrement: {
		table("i increment result", "i", 75, incrementDone, incrementEnd),
		table("i increment result, not 00", "i", 75, incrementRefused, incrementEnd),
	},
	ClassClosure: {
		table("c closure result", "c", 74, bodyDone, common, addClosure),
		table("c closure result, not 00", "c", 74, bodyRefused, common, addClosure),
	},
	ClassClosureDCC: {
		table("v closure result with currency data", "v", 109, bodyDone, common, addClosure, addDCC(75)),
		table("v closure result with currency data, not 00", "v", 109, bodyRefused, common, addClosure, addDCC(75)),
	},
}
