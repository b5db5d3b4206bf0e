/** Exits 0 once the URL given answers 200, 1 after 30 s. */
const url = process.argv[2]
const deadline = Date.now() + 30_000
while (Date.now() < deadline) {
  const ready = await fetch(url).then(
    (response) => response.ok,
    () => false,
  )
  if (ready) process.exit(0)
  await new Promise((resolve) => setTimeout(resolve, 100))
}
process.stderr.write(`not ready within 30 s: ${url}
`)
process.exit(1)
