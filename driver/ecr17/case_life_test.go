package ecr17_test

var lifeCases = []kase{}
