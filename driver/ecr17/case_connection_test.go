package ecr17_test

var connectionCases = []kase{}
