/**
 * 512 common English words, each one token of BERT's uncased vocabulary (checked against the real tokenizer at the start
 * of every run): a text of n words is n + 2 tokens.
 */
export const words: readonly string[] = `
  later city under around did such being used state people part know against your many second both national these
  known off way until how even get head team american because born united film since still long work south became any
  high again day family see right man eyes house season states including took life north same each called name much
  place however four group another found won area here going away series left home music best make hand number company
  several never last very album take end good too following released game played little began district old want those
  side held own early county league use west face think march came small general town june line based something
  september thought looked along air july club went january october our august april york few east show member college
  father public come men five set station church next former november room party located december age got system let
  love though every look song water century without body black night within great women single building large river
  named band white started once should service top built british open king moved local times children february book
  why door need president order final road although due major village third knew asked turned wanted say together
  received main son served different behind himself felt members power football law voice play near park history
  having saw mother army point front help english street art late hands games award young put published country
  division across told often ever french london center six red led days include light find tell among species really
  according central half form original gave office making enough lost full opened must included live given german
  player run business woman community cup might million land court short round seen class story always become sure
  research almost director council career things using island car close force better free support control field
  students education married nothing worked others record big inside level anything continued give military returned
  feel does title written thing feet far hard already human western hall role various heart living fire version royal
  produced working act case society region present radio period looking least total keep england wife program per
  brother mind special works soon political services taken created further able reached union joined upon done
  important social either appeared position ground lead rock dark election board france hair course arms site police
  girl instead real sound words moment someone summer project announced less wrote past followed blue founded finally
  india taking records america design northern stop battle toward european outside described track today playing
  language call heard low australia miles win yet green trying southern science maybe match square mouth video race
  recorded leave above daughter points space museum change middle common move post lake seven tried elected closed ten
  minister months start chief return canada person sea release similar modern brought rest hit formed floor event
  doing care training star week needed turn finished railway rather news health sent example ran term coming currently
  yes forces despite gold areas stage fact says popular germany
`
  .trim()
  .split(/\s+/)
