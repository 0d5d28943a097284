import { expect } from 'chai';
import { FAULTS, type FaultId, KERNEL_PROFILES, kernelProfile } from '../../kernel-sim/index.js';

/** Revisions that carry a fault, as the kernel's history tells. */
const CARRIED: readonly (readonly [FaultId, string])[] = [
  ['KP-08', 'P1 P2'],
  ['KP-11', 'P1 P2'],
  ['KP-17', 'P1 P2 P2b P3 P4 P5 P5b P5c P6 P7 P7m P8 P9'],
  ['KP-26', 'P1 P5 P5b P5c P6'],
  ['KP-27', 'P2 P2b P3 P4 P5 P5b P5c P6'],
  ['KP-31', 'P5 P5b P5c P6 P7 P7m'],
  ['KP-32', 'P8'],
  ['KP-36', 'P8 P9 P10 P11 P12'],
  ['KP-37', 'P9 P10 P11 P12'],
  ['KP-45', 'P5 P5b P5c P6 P7 P7m'],
  ['KP-46', 'P5'],
  ['KP-47', 'P1'],
  ['KP-48', 'P1'],
  ['KP-49', 'P3 P4 P5 P5b P5c P6 P7 P7m'],
  ['KP-66', 'P3 P4 P5 P5b'],
];

const ONLY_WHEN_ASKED: readonly FaultId[] = ['KP-04', 'KP-05', 'KP-06', 'KP-07', 'KP-09', 'KP-33'];

describe('the kernels', () => {
  it('are in order of time, P1 to P12', () => {
    const dates = KERNEL_PROFILES.map(({ date }) => date);
    expect(dates).to.deep.equal([...dates].sort());
    const names: readonly string[] = KERNEL_PROFILES.map(({ name }) => name);
    for (let n = 1; n <= 12; n++) expect(names).to.include(`P${n}`);
  });

  for (const [fault, revisions] of CARRIED) {
    it(`have ${fault} in ${revisions}`, () => {
      const having = KERNEL_PROFILES.filter(({ faults }) => faults[fault]);
      expect(having.map(({ name }) => name).join(' ')).to.equal(revisions);
    });
  }

  it('have no fault that stops everything unless asked for it', () => {
    for (const id of ONLY_WHEN_ASKED) {
      expect(KERNEL_PROFILES.some(({ faults }) => faults[id])).to.equal(false, id);
      expect(kernelProfile('P7', { [id]: true }).faults[id]).to.equal(true);
    }
  });

  it('can be had with a fault more or less', () => {
    const { faults } = kernelProfile('P7', { 'KP-31': false, 'KP-46': true });
    expect(faults['KP-31']).to.equal(false);
    expect(faults['KP-46']).to.equal(true);
    expect(faults['KP-45']).to.equal(true);
    expect(Object.keys(faults)).to.deep.equal(Object.keys(FAULTS));
  });

  it('that do not exist are refused with the names of those that do', () => {
    expect(() => kernelProfile('P13')).to.throw(RangeError, /no kernel is called P13; .*P9, P10/);
  });
});
