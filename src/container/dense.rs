//! The dense form of a mapping. It has slots by hash, chains through them, and the order of insertion as a list.
//! Upholds: each entry is in the chain that begins at its home slot; what fails changes nothing; no key is hashed or compared.
//!
//! ```text
//! block ─► | 16 bytes that say what the slots are | 16 entries of 48 bytes: key, value, slot before, slot behind |
//! ```
//! A slot's byte is [`EMPTY`], [`PROTECTED`], or says whether the entry is the first of its chain and how far the next one is. A
//! chain begins at the home slot of its keys. Where an entry of another chain sits in a new chain's home, it moves.

use super::key_hashes::{KeyHashes, Obstacle};
use super::table::{Table, NONE};
use super::table_memory::allocate;
use crate::object::AllocError;
use crate::value::Any;
use std::alloc::Layout;

/// How many slots a block has.
const BLOCK: usize = 16;
/// The fewest slots of a table in this form.
const FEWEST_SLOTS: usize = 8;

/// Of a slot without entry.
const EMPTY: u8 = 0xFF;
/// Of a slot without entry that is not to be filled.
const PROTECTED: u8 = 0xFE;
/// Of an entry that is not the first of its chain.
const NOT_FIRST: u8 = 0x80;
/// Which of [`JUMPS`] leads to the next entry of the chain; zero at its end. It is the rest of a slot's byte.
const JUMP: u8 = 0x7F;

/// How far the next entry of a chain can be.
static JUMPS: [u64; 126] = jumps();

const fn jumps() -> [u64; 126] {
    // Neighbours, then triangle numbers, then some that a far larger table needs. All of them are the ABI's.
    const FAR: [u64; 43] = [
        8515,
        19110,
        42778,
        96141,
        216153,
        486591,
        1092981,
        2458653,
        5532801,
        12442566,
        27993903,
        62983476,
        141717030,
        318844378,
        717352503,
        1614057336,
        3631522476,
        8170957530,
        18384510628,
        41364789378,
        93070452520,
        209408356380,
        471168559170,
        1060128894105,
        2385289465695,
        5366898840628,
        12075518705635,
        27169915244790,
        61132312065111,
        137547689707000,
        309482283181501,
        696335127828753,
        1566753995631385,
        3525196511162271,
        7931691992677701,
        17846306936293605,
        40154190677507445,
        90346928918121501,
        203280589587557251,
        457381325854679626,
        1029107982097042876,
        2315492959180353330,
        5209859154120846435,
    ];
    let mut jumps = [0; 126];
    let mut at = 0;
    while at < jumps.len() {
        jumps[at] = match at as u64 {
            near @ 0..16 => near,
            triangle @ 16..83 => (triangle - 10) * (triangle - 9) / 2,
            _ => FAR[at - 83],
        };
        at += 1;
    }
    jumps
}

/// An entry, and its neighbours in the order.
#[repr(C)]
pub(super) struct Item {
    pub(super) key: Any,
    pub(super) value: Any,
    before: u64,
    behind: u64,
}

const BLOCK_SIZE: usize = BLOCK * (1 + size_of::<Item>());
const _: () = assert!(size_of::<Item>() == 48 && BLOCK_SIZE == 784);

/// Memory for so many slots, all of them empty.
///
/// # Errors
/// There is none.
fn blocks_of(slots: usize) -> Result<*mut u8, AllocError> {
    let blocks = slots.div_ceil(BLOCK);
    let data = allocate(blocks.checked_mul(BLOCK_SIZE).ok_or_else(too_large)?)?;
    // SAFETY: there are so many blocks.
    (0..blocks).for_each(|block| unsafe { data.add(block * BLOCK_SIZE).write_bytes(EMPTY, BLOCK) });
    Ok(data)
}

/// More than the address space.
fn too_large() -> AllocError {
    AllocError::new(Layout::new::<Item>())
}

// A slot that these functions take has to be below `slots()`. The table is in the dense form.
impl Table {
    /// A table without entries, for about so many.
    pub(super) fn dense_for(entries: usize) -> Result<Table, AllocError> {
        let slots = entries.checked_mul(2).and_then(usize::checked_next_power_of_two).ok_or_else(too_large)?;
        let slots = slots.max(FEWEST_SLOTS);
        Ok(Table::of_blocks(blocks_of(slots)?, slots as u64, slots.leading_zeros() + 1))
    }

    #[inline]
    fn meta(&self, slot: usize) -> u8 {
        // SAFETY: the slot is there.
        unsafe { *self.data().add(slot / BLOCK * BLOCK_SIZE + slot % BLOCK) }
    }

    #[inline]
    fn set_meta(&mut self, slot: usize, meta: u8) {
        // SAFETY: the slot is there.
        unsafe { *self.data().add(slot / BLOCK * BLOCK_SIZE + slot % BLOCK) = meta }
    }

    /// The place of an entry.
    #[inline]
    pub(super) fn item(&self, slot: usize) -> *mut Item {
        let offset = slot / BLOCK * BLOCK_SIZE + BLOCK + slot % BLOCK * size_of::<Item>();
        // SAFETY: the slot is there.
        unsafe { self.data().add(offset).cast() }
    }

    /// Whether there is such a slot, with an entry.
    #[inline]
    pub(super) fn is_filled(&self, slot: usize) -> bool {
        slot < self.slots() && self.meta(slot) < PROTECTED
    }

    /// The slot where the chain of a hash begins.
    #[inline]
    fn home(&self, hash: u64) -> usize {
        (hash.wrapping_mul(11_400_714_819_323_198_485) >> self.shift()) as usize
    }

    /// The entries that a hash leads to.
    #[inline]
    pub(super) fn chain(&self, hash: u64) -> impl Iterator<Item = usize> + '_ {
        let first = (self.len() > 0).then(|| self.home(hash)).filter(|home| self.meta(*home) & NOT_FIRST == 0);
        std::iter::successors(first, |slot| self.next_in_chain(*slot))
    }

    #[inline]
    fn jump(&self, slot: usize, jump: u8) -> usize {
        slot.wrapping_add(JUMPS[jump as usize] as usize) & (self.slots() - 1)
    }

    #[inline]
    fn next_in_chain(&self, slot: usize) -> Option<usize> {
        match self.meta(slot) & JUMP {
            0 => None,
            jump => Some(self.jump(slot, jump)),
        }
    }

    fn set_jump(&mut self, slot: usize, jump: u8) {
        self.set_meta(slot, self.meta(slot) & NOT_FIRST | jump);
    }

    /// The entry before one that is not the first of its chain. It is the only one from which a jump leads there.
    fn before_in_chain(&self, slot: usize) -> usize {
        let mask = self.slots() - 1;
        let mut jumps = (1..JUMPS.len()).map(|jump| (jump, slot.wrapping_sub(JUMPS[jump] as usize) & mask));
        let before = jumps.find(|(jump, from)| usize::from(self.meta(*from) & JUMP) == *jump);
        before.expect("an entry before one that is not the first").1
    }

    /// An empty slot that a jump leads to.
    fn empty_near(&self, slot: usize) -> Option<(u8, usize)> {
        (1..JUMPS.len() as u8).map(|jump| (jump, self.jump(slot, jump))).find(|(_, to)| self.meta(*to) == EMPTY)
    }

    // ---- the order -----------------------------------------------------------------------------------------------------

    /// The entry behind another in the order.
    #[inline]
    pub(super) fn behind(&self, slot: usize) -> u64 {
        // SAFETY: the slot is filled.
        unsafe { (*self.item(slot)).behind }
    }

    /// Makes `before` and `behind` neighbours in the order, or neighbours of `between`.
    ///
    /// # Safety
    /// The slots are filled.
    unsafe fn join(&mut self, before: u64, behind: u64, between: Option<u64>) {
        // SAFETY: the slots are filled, as `# Safety` asks.
        unsafe {
            match before {
                NONE => self.set_first(between.unwrap_or(behind)),
                slot => (*self.item(slot as usize)).behind = between.unwrap_or(behind),
            }
            match behind {
                NONE => self.set_last(between.unwrap_or(before)),
                slot => (*self.item(slot as usize)).before = between.unwrap_or(before),
            }
        }
    }

    /// Moves an entry to an empty slot; the order stays.
    ///
    /// # Safety
    /// `from` is filled, and `to` is not.
    unsafe fn move_item(&mut self, from: usize, to: usize) {
        // SAFETY: `from` is filled, and `to` is not; an entry moves as bytes.
        unsafe {
            self.item(to).copy_from_nonoverlapping(self.item(from), 1);
            let (before, behind) = ((*self.item(to)).before, (*self.item(to)).behind);
            self.join(before, behind, Some(to as u64));
        }
    }

    // ---- changes -------------------------------------------------------------------------------------------------------

    /// Adds an entry at the end, of a key that is not there. Gives it back if there is no room.
    #[inline]
    pub(super) fn push_dense(&mut self, hash: u64, entry: (Any, Any)) -> Result<(), (Any, Any)> {
        match self.claim(hash) {
            None => Err(entry),
            Some(slot) => {
                let (before, at) = (self.last_slot(), slot as u64);
                let item = Item { key: entry.0, value: entry.1, before, behind: NONE };
                // SAFETY: the slot is ours, its item uninitialised; the last slot is filled.
                unsafe {
                    self.item(slot).write(item);
                    self.join(before, NONE, Some(at));
                }
                self.set_len(self.len() + 1);
                Ok(())
            }
        }
    }

    /// Puts a slot at the end of the chain of a hash. Its entry is still to be written.
    #[inline]
    fn claim(&mut self, hash: u64) -> Option<usize> {
        if self.slots() == 0 {
            return None;
        }
        let home = self.home(hash);
        let is_full = (self.len() as u128 + 1) * 100 > self.slots() as u128 * 99;
        match self.meta(home) {
            EMPTY => {}
            PROTECTED => return None,
            _ if is_full => return None,
            meta if meta & NOT_FIRST != 0 => self.displace(home)?,
            _ => {
                let mut end = home;
                while let Some(next) = self.next_in_chain(end) {
                    end = next;
                }
                let (jump, slot) = self.empty_near(end)?;
                self.set_meta(slot, NOT_FIRST);
                self.set_jump(end, jump);
                return Some(slot);
            }
        }
        self.set_meta(home, 0);
        Some(home)
    }

    /// Empties a slot whose entry is not the first of its chain. That entry moves, and those behind it in the chain. Nothing
    /// moves before each has a slot to go to. None: there are none.
    fn displace(&mut self, slot: usize) -> Option<()> {
        let before = self.before_in_chain(slot);
        // The plan stands in the entries of the slots that are taken. It is the jump that leads there, and the next slot.
        let (mut planned, mut from, mut end) = (NONE, before, NONE);
        let mut moving = Some(slot);
        while let Some(next) = moving {
            let Some((jump, to)) = self.empty_near(from) else {
                self.give_up(planned);
                return None;
            };
            self.set_meta(to, PROTECTED);
            // SAFETY: the slots are there, and hold no entry.
            unsafe {
                (&raw mut (*self.item(to)).before).write(u64::from(jump));
                (&raw mut (*self.item(to)).behind).write(NONE);
                match end {
                    NONE => planned = to as u64,
                    end => (*self.item(end as usize)).behind = to as u64,
                }
            }
            (from, end) = (to, to as u64);
            moving = self.next_in_chain(next);
        }
        let (mut from, mut moving) = (before, Some(slot));
        while let Some(at) = moving {
            let to = planned as usize;
            moving = self.next_in_chain(at);
            // SAFETY: as planned: one slot for each entry.
            unsafe {
                let jump = (*self.item(to)).before as u8;
                planned = (*self.item(to)).behind;
                self.move_item(at, to);
                self.set_meta(to, NOT_FIRST);
                self.set_meta(at, EMPTY);
                self.set_jump(from, jump);
            }
            from = to;
        }
        Some(())
    }

    /// Lets go of slots that were taken for entries to move to.
    fn give_up(&mut self, mut planned: u64) {
        while planned != NONE {
            self.set_meta(planned as usize, EMPTY);
            // SAFETY: written when the slot was taken.
            planned = unsafe { (*self.item(planned as usize)).behind };
        }
    }

    /// Takes an entry out. The last one of its chain takes its slot.
    pub(super) fn remove_dense(&mut self, slot: usize) -> (Any, Any) {
        // SAFETY: the slot is filled, as are its neighbours and those of its chain. The entry moves out once.
        unsafe {
            let Item { key, value, before, behind } = self.item(slot).read();
            self.join(before, behind, None);
            let mut end = (None, slot);
            while let Some(next) = self.next_in_chain(end.1) {
                end = (Some(end.1), next);
            }
            match end {
                (Some(before_end), end) => {
                    self.move_item(end, slot);
                    self.set_meta(end, EMPTY);
                    self.set_jump(before_end, 0);
                }
                (None, _) => {
                    if self.meta(slot) & NOT_FIRST != 0 {
                        self.set_jump(self.before_in_chain(slot), 0);
                    }
                    self.set_meta(slot, EMPTY);
                }
            }
            self.set_len(self.len() - 1);
            (key, value)
        }
    }

    /// Makes a dense table of the same entries, with room for more than there was. The entries are in both then, and one of the
    /// two is to be forgotten.
    ///
    /// # Errors
    /// There is no memory, or hashes are needed. Nothing is changed.
    pub(super) fn larger(&self, hashes: &KeyHashes) -> Result<Table, Obstacle> {
        let missing = hashes.missing(self.iter().map(|(key, _)| key))?;
        if !missing.is_empty() {
            return Err(Obstacle::Hashes(missing));
        }
        let mut slots = if self.is_small() { FEWEST_SLOTS } else { self.slots().max(FEWEST_SLOTS / 2) * 2 };
        loop {
            let mut larger = Table::dense_for(slots / 2)?;
            let mut entries = self.iter();
            // SAFETY: a second owner of the entry, of which one is forgotten.
            let whole = entries.all(|(key, value)| unsafe {
                let entry = (std::ptr::from_ref(key).read(), std::ptr::from_ref(value).read());
                larger.push_dense(hashes.of(key), entry).map_err(std::mem::forget).is_ok()
            });
            if whole {
                return Ok(larger);
            }
            larger.forget_entries();
            slots = slots.checked_mul(2).ok_or_else(too_large)?;
        }
    }
}
