package ecr17_test

var receiptCases = []kase{}
