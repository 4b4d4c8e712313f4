import { useEffect, useState } from 'preact/hooks'

/** The present time, renewed each second while `ticking`, so that "about 4 s" counts down. */
export const useNow = (ticking: boolean): Date => {
  const [now, setNow] = useState(() => new Date())
  useEffect(() => {
    setNow(new Date())
    if (!ticking) return
    const timer = setInterval(() => setNow(new Date()), 1_000)
    return () => clearInterval(timer)
  }, [ticking])
  return now
}
