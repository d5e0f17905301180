"""The contract as files: released schemas with examples, AsyncAPI, and the flow, all generated from the code."""
