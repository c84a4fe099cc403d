package ecr17_test

var progressCases = []kase{}
