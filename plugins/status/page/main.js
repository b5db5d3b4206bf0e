import { actions } from './actions.js'
import { chains } from './chain.js'
import { charts } from './charts.js'
import { confirmDialog } from './dialog.js'
import { byId, setText } from './dom.js'
import { happenings } from './events.js'
import { about, levels, overrides, traffic } from './figures.js'
import { timeOfDay } from './format.js'
import { headline } from './headline.js'
import { poll } from './poll.js'
import { themeSwitch } from './theme.js'

const head = headline()
const plots = charts(byId('charts'))
const dialog = confirmDialog(() => askNow())
const parts = [
  chains(byId('models')),
  traffic(),
  plots.show,
  levels(),
  overrides(),
  happenings(),
  actions(byId('actions'), dialog.act),
  about(),
]
themeSwitch(plots.repaint)
byId('read-token').addEventListener('click', dialog.askForToken)

const askNow = poll({
  onReport: (report) => {
    for (const show of parts) show(report)
    head.show(report)
    setText(byId('heartbeat'), timeOfDay(Date.now()))
  },
  onSilence: head.noAnswer,
  onOther: head.noState,
  onRefusal: head.tokenNeeded,
})
