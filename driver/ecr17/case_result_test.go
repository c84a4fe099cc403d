package ecr17_test

var resultCases = []kase{}
