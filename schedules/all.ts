/** Every standing broadcast of the product, in the order of the bureau's year. */
import type { StandingBroadcast } from '../src/domain/schedule/standing.ts'
import { annualReport } from './annual-report.ts'
import { annualReportReminder } from './annual-report-reminder.ts'
import { fireMonth } from './fire-month.ts'
import { fireworksBeforeSpringFestival } from './fireworks-before-spring-festival.ts'
import { fireworksLanternFestival } from './fireworks-lantern-festival.ts'
import { floodSeason } from './flood-season.ts'
import { highTemperature } from './high-temperature.ts'
import { labourDay } from './labour-day.ts'
import { lightningAndGale } from './lightning-and-gale.ts'
import { midAutumn } from './mid-autumn.ts'
import { nationalDay } from './national-day.ts'
import { plumRains } from './plum-rains.ts'
import { qingmingForestFire } from './qingming-forest-fire.ts'
import { resumptionAfterSpringFestival } from './resumption-after-spring-festival.ts'
import { safetyMonth } from './safety-month.ts'
import { springFestivalDuty } from './spring-festival-duty.ts'
import { typhoonSeason } from './typhoon-season.ts'
import { winterFireAndCo } from './winter-fire-and-co.ts'
import { yearEndHazardList } from './year-end-hazard-list.ts'

export const STANDING_BROADCASTS: readonly StandingBroadcast[] = [
  annualReportReminder,
  annualReport,
  fireworksBeforeSpringFestival,
  springFestivalDuty,
  fireworksLanternFestival,
  resumptionAfterSpringFestival,
  lightningAndGale,
  qingmingForestFire,
  floodSeason,
  labourDay,
  safetyMonth,
  plumRains,
  typhoonSeason,
  highTemperature,
  midAutumn,
  nationalDay,
  fireMonth,
  winterFireAndCo,
  yearEndHazardList,
]
