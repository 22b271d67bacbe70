/*
 * A function of single instructions, for each architecture those that its kprobes take and those that they refuse. It is never executed, and what stands between is the
 * compiler's. Which is which the test says by the names that objdump gives them.
 */
#define I(text) asm volatile(text);

long instructions(long n)
{
#if defined(__aarch64__)
	I("nop") I("mrs x9, sp_el0") I("mrs x9, daif") I("msr daifset, #2") I("msr tpidr_el1, x9") I("dmb ish") I("isb") I("brk #0x800") I("hvc #0") I("svc #0")
	I("yield") I("wfi") I("wfe") I("sev") I("csdb") I("paciasp") I("autiasp") I("bti c") I("hint #7") I("tlbi vmalle1is") I("dc civac, x9")
	I("ldr x9, 1f\n\tadr x9, 1f\n\tprfm pldl1keep, 1f\n1:\tnop") I("cbz x9, 1f\n1:\ttbz x9, #3, 1f\n1:\tb.eq 1f\n1:\tb 1f\n1:\tnop")
	I("1:\tldxr x9, [x10]\n\tadd x9, x9, #1\n\tstxr w11, x9, [x10]\n\tcbnz w11, 1b") I("ldaxr x9, [x10]\n\tadd x9, x9, #1\n\tstlxr w11, x9, [x10]\n\tadd x9, x9, #1")
	I("ldadd x9, x10, [x11]") I("cas x9, x10, [x11]") I("br x9\n\tblr x9\n\teret")
#elif defined(__powerpc64__)
	I("nop") I("twi 31, 0, 0") I("tw 31, 0, 0") I("tdi 31, 3, 0") I("sc") I("mtmsrd 3, 1") I("mtmsr 3") I("mfmsr 3") I("rfid") I("hrfid") I("sync") I("isync")
	I("1:\tldarx 9, 0, 10\n\taddi 9, 9, 1\n\tstdcx. 9, 0, 10\n\tbne- 1b") I("addi 9, 9, 1") I("mflr 9\n\tmtctr 9") I(".long 0x06000000, 0x38630001") I("addi 9, 9, 1")
#elif defined(__s390x__)
	I("nopr") I("epsw %r1,%r2") I("stnsm 0(%r1),0xfc") I("stosm 0(%r1),3") I("diag %r1,%r2,0x44") I("exrl %r1,.") I("ex %r1,0(%r2)") I("pr") I("bassm %r1,%r2") I("larl %r1,.")
	I("cs %r1,%r2,0(%r3)") I("csg %r1,%r2,0(%r3)") I("lgr %r1,%r2") I("bcr 15,%r0") I("stg %r1,0(%r2)")
#elif defined(__riscv)
	I("nop") I("ecall") I("ebreak") I("csrr t0, sstatus") I("fence rw, rw") I("fence.i") I("c.nop") I("addi t0, t0, 1") I("auipc t0, 0") I("sfence.vma")
	I("1:\tlr.d t0, (t1)\n\tsc.d t2, t0, (t1)\n\tbnez t2, 1b") I("amoadd.d t0, t1, (t2)") I("c.mv t0, t1") I("wfi")
#endif
	return n + 1;
}

void _start(void) { instructions(1); }
