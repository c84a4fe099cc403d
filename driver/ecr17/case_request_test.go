package ecr17_test

var requestCases = []kase{}
