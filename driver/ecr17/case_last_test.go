package ecr17_test

var lastCases = []kase{}
