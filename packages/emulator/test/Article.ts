/** A passage of a dozen sentences to summarise. */
export const article = `Coral reefs cover less than one percent of the ocean floor, yet a quarter of all marine species depend on them. \
Reefs are built by tiny animals called coral polyps, which live together with algae. \
The algae give the polyps food and colour. \
When the water becomes too warm, the polyps expel the algae and the reef turns white. \
Scientists call this event coral bleaching. \
A bleached reef is not dead, but it starves and may die within weeks. \
In 2016 a marine heat wave bleached two thirds of the northern Great Barrier Reef. \
Fishing villages lose their income when a reef dies. \
Some researchers breed corals that tolerate heat. \
Others shade small reefs with clouds of sea water. \
Local protection from pollution helps reefs to recover after bleaching. \
Without lower emissions, most reefs will bleach every year by 2050.`

export const summarise = `Summarize the following article. Article: ${article} Summary:`
