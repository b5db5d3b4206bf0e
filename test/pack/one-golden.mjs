import { assertGolden, baseURL, goldens } from '../clients/node/golden.mjs'

const answer = await fetch(`${baseURL}/embeddings`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ model: 'all-MiniLM-L6-v2', input: goldens[5].text }),
})
assertGolden((await answer.json()).data[0].embedding, 5)
process.stdout.write('the packed gateway answers with the reference vector\n')
