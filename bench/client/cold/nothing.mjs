console.log("The capital of France is Paris.")
