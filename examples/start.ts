/** What `npm start` shows: a comparison of seven candidates, from training data to report, with the flags of the example. */
import { main } from "./06-compare-models.ts"

main()
