//! The steps of a history, and what bytes stand for them.
//! Upholds: any bytes are a history.

/// One step. Numbers choose among what there is, modulo its number.
#[derive(Clone, Copy, Debug)]
pub enum Op {
    New { class: u8 },
    Fetch { thread: u8, object: u8, fail: bool },
    Hit { thread: u8, object: u8 },
    FetchOwned { thread: u8, object: u8, fail: bool },
    Copy { thread: u8, held: u8 },
    Drop { thread: u8, held: u8, late: bool, deposit: bool },
    Weaken { held: u8 },
    CallWeak { thread: u8, weak: u8 },
    Retain { object: u8 },
    Release { thread: u8, object: u8 },
    Shift { thread: u8, held: u8 },
    Evict { thread: u8, object: u8 },
    Construct { thread: u8, class: u8 },
    Bind { thread: u8, held: u8, object: u8 },
    RunLate { at: u8 },
    Merge { thread: u8 },
    Drain { thread: u8 },
    Flush { thread: u8 },
}

/// One step as bytes. Where user code runs, the next step says how many steps it takes, and what a finalizer does.
#[derive(Clone, Copy)]
pub struct Step(pub [u8; 4]);

impl std::fmt::Debug for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} ({:?})", self.op(), self.0)
    }
}

impl Step {
    /// What the bytes stand for.
    pub fn op(self) -> Op {
        let [code, thread, a, b] = self.0;
        let (object, held, flag) = (a, a, b & 1 != 0);
        match code % 27 {
            0 | 1 => Op::New { class: a },
            2..=4 => Op::Fetch { thread, object, fail: b % 8 == 7 },
            5 => Op::Hit { thread, object },
            6 | 7 => Op::FetchOwned { thread, object, fail: b % 8 == 7 },
            8 => Op::Copy { thread, held },
            9..=12 => Op::Drop { thread, held, late: flag, deposit: b % 8 == 6 || b % 8 == 7 },
            13 => Op::Retain { object },
            14 | 15 => Op::Release { thread, object },
            16 => Op::Shift { thread, held },
            17 => Op::Evict { thread, object },
            18 => Op::Construct { thread, class: a },
            19 => Op::Bind { thread, held, object: b },
            20 => Op::RunLate { at: a },
            21 => Op::Merge { thread },
            22 => Op::Drain { thread },
            23 => Op::Weaken { held },
            24 | 25 => Op::CallWeak { thread, weak: a },
            _ => Op::Flush { thread },
        }
    }
}
